"""The desk's Open311 calls, one topic a module."""
