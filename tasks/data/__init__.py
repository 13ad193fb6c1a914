"""From a source to rows that can be trained on: read, validate, save, label, split, make features."""
