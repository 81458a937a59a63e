"""The platform's HTTP API (`/cgi-bin/...`) as the account's server sees it."""
