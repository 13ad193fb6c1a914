"""What happens to a champion in use: what it predicted, what became of it, and whether the world has moved."""
