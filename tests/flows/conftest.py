"""Flows report to the session's Prefect server, and the small project has a champion if a test asks for one."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.training import run_training


@pytest.fixture
def reporting(prefect_api: str) -> Iterator[None]:
    """Have flows report to the session's server."""
    with temporary_settings({PREFECT_API_URL: prefect_api}):
        yield


@pytest.fixture
def champion(reporting: None, edit: Callable[[str, str, str], None]) -> int:  # noqa: ARG001 - it has to be there first
    """A version that a training has made, as of 10 February 2024, and its spec promoted."""
    edit("deployments/returns.toml", "[gate]", '[promotion]\napproval = "automatic"\n\n[gate]')
    assert run_training("returns", "manual", datetime(2024, 2, 10, tzinfo=UTC)).version
    return 1
