"""Kinds of model, and the training that chooses between them."""
