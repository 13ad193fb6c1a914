"""How well learning chooses, and at what price."""
