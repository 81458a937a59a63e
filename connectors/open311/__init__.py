"""Client of the backend: services, requests, updates over Open311 GeoReport v2."""
