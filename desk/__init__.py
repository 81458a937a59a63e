"""The embedded complaint office: an Open311 GeoReport v2 backend for cities that bring none.

The bot reaches it over HTTP only, like any other backend; nothing here imports the bot.
"""
