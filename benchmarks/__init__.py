"""How fast and how large `perennial train` is, beside a plain script that does the same work."""
