"""What a window of rows looks like: how many fall into each bin of each column, block by block."""
