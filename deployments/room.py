"""Room on the disk of the home folder."""

import shutil
from pathlib import Path

FULL = 5_000_000
"""Bytes: with less than that, no database can write what a command of ours writes."""


def free(home: Path) -> int:
    """Return how many bytes are free where ``home`` is, or is to be."""
    place = home
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


def full(home: Path) -> str | None:
    """Return a line about the disk of ``home``, if it is full; None: it is not, so it is not why something failed."""
    if (bytes_free := free(home)) >= FULL:
        return None
    return (
        f"the disk of {home} is full, {bytes_free / 1e6:.1f} MB are free: make room, and run this again; what is "
        "written down there is whole"
    )
