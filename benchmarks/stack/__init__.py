"""``make benchmark-stack``: a hundred models on one machine's stack, on SQLite and on PostgreSQL."""
