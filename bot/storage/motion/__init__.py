"""Redis: the inbox, answers under way, ownership of streams, leases, live events."""
