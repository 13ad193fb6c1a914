"""Scripts that compare two Parquet files with a library's own defaults; each is run as a process of its own."""
