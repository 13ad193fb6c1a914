"""A neural network for tables, of residual blocks: torch fits it, numpy predicts."""
