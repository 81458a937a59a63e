"""The embedded complaint office: the default backend, reached through Open311 HTTP only."""
