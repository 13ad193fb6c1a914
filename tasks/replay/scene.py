"""What is lived through again, and where what comes of it is kept."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import tasks
from tasks.data.code import Source
from tasks.data.contract import Contract, read_contract
from tasks.data.history.contract import with_history
from tasks.data.snapshot import Snapshot
from tasks.learning.own.source import read_sources
from tasks.release.lineage import environment_digest
from tasks.settings import Settings
from tasks.spec import ModelSpec

_FORMAT = 1


@dataclass(frozen=True)
class Scene:
    """One model's history. It can be handed to another process."""

    spec: ModelSpec
    contract_file: str
    contract_text: str
    settings: Settings
    folder: Path
    """For whatever depends on this history, spec and code alone, whichever policy asks for it."""
    step: timedelta
    """Between two moments at which a policy decides."""
    sources: Mapping[str, Source]
    """Files of the user's own estimators, by module."""
    end: datetime
    """Labels that had arrived by then say what was lost. No decision knows them."""

    @property
    def contract(self) -> Contract:
        return with_history(_contract(self.contract_text, self.contract_file), self.spec)


@cache
def _contract(text: str, file: str) -> Contract:
    return read_contract(text, file)


@cache
def _code() -> str:
    """Return the digest of Perennial's own code: what it decided before it changed is no answer any more."""
    files = sorted(Path(tasks.__file__).parent.rglob("*.py"))
    return hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in files)).hexdigest()


def scene_of(
    spec: ModelSpec, contract: Contract, settings: Settings, *, history: Snapshot, step: timedelta, end: datetime
) -> Scene:
    """Return the scene whose rows, as they were known at its end, are ``history``."""
    parts = [_FORMAT, history.digest, spec.digest, contract.version, environment_digest()]
    sources = read_sources(spec, settings.project)
    parts += [
        _code(),
        *(source.version for _, source in sorted(sources.items())),
        step.total_seconds(),
        end.isoformat(),
    ]
    digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
    folder = settings.of(spec.model) / "replay" / digest
    return Scene(spec, contract.file, contract.text, settings, folder, step, sources, end)
