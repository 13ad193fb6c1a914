"""What a test needs that is not installed with everything else."""

import importlib.util

import pytest

needs_torch = pytest.mark.skipif(
    not importlib.util.find_spec("torch"),
    reason="torch is not installed; `make test-network` installs it, and runs this",
)
