"""The complaint service in plain Python: no Rasa, no web framework, no WeChat, no HTTP."""
