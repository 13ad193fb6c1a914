"""Which retraining policy pays, on streams of which the truth is known and on real ones."""
