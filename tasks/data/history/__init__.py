"""Columns that are made of the rows before each row: of what was known at its time, and of nothing else."""
