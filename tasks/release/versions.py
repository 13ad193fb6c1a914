"""What the registry is given, and what it gives back: trainings and versions."""

from collections.abc import Mapping
from dataclasses import dataclass

from tasks.release.artifact import Artifact
from tasks.release.lineage import Lineage


@dataclass(frozen=True)
class Training:
    """One training as it is to be recorded."""

    model: str
    name: str
    artifact: Artifact
    lineage: Lineage
    outcome: str
    promotable: bool
    summary: str
    metrics: Mapping[str, float]
    params: Mapping[str, str]
    files: str
    """Folder of what is kept with the run: verdict, report, pictures."""


@dataclass(frozen=True)
class Version:
    """A registered version of a model."""

    model: str
    number: int
    artifact: Artifact
    lineage: Lineage
    run_id: str


@dataclass(frozen=True)
class Recorded:
    """Where a training stands in the registry."""

    run_id: str
    version: Version | None
    """None: it may not be promoted."""
