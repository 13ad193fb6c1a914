"""What learning promises, measured: on real flights, and beside the bare libraries."""
