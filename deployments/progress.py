"""What a run is doing, for the person who waits: one line a step, on standard error."""

import logging
import time

import click


class _Progress(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._start = time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(f"{time.monotonic() - self._start:6.1f} s  {record.getMessage()}", err=True)


def report_progress() -> None:
    """Print each step of this process's runs as it is done."""
    logger = logging.getLogger("perennial")
    logger.setLevel(logging.INFO)
    logger.addHandler(_Progress())
