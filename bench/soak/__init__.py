"""The soak: citizens talk for minutes while processes are killed and remote systems have bad days; then it is judged."""
