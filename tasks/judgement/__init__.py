"""Is the challenger good enough? A judge sees predictions, never an estimator."""
