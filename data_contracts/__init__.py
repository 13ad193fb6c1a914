"""What the data must look like: one file per model, pandera, nothing of Perennial's own."""
