"""What made a version: data, spec, contract, code, environment, seed, run."""

import hashlib
import json
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tasks.data.code import Source, imported
from tasks.data.snapshot import Snapshot
from tasks.data.splits import Splits
from tasks.data.window import Window

LIBRARIES = (
    "lightgbm",
    "mlflow",
    "numpy",
    "optuna",
    "pandas",
    "pandera",
    "prefect",
    "pyarrow",
    "pydantic",
    "scikit-learn",
)
"""Libraries whose versions can change what a training gives."""
_EXTRAS = ("torch",)
"""Others, which not everybody has."""


@dataclass(frozen=True)
class Lineage:
    """All that a version rests on; what two trainings must share to be the same."""

    as_of: datetime
    raw: Snapshot
    rows: Snapshot
    quarantined: Snapshot
    splits: Splits
    spec: str
    contract: str
    code: str
    environment: str
    seed: int
    reason: str
    flow_run: str | None
    window: str = "all"
    """Which part of train was chosen, as the spec says it; ``splits.train`` is from when to when."""
    refit: bool = False
    """Fitted on validation too, once it had chosen."""
    parent: int | None = None
    """The version whose trees it begins from; None: trained afresh."""
    continued: Window | None = None
    """A stretch of time with every row that the parent, and what that began from, has learned from."""
    suspects: int | None = None
    """Rows of train whose label was suspected; None: nobody looked."""
    dropped: int = 0
    """Of these, left out of train."""
    sources: dict[str, str] = field(default_factory=dict)
    """The digests of the files of the user's own estimators, by module."""

    def to_json(self) -> str:
        return json.dumps(asdict(self), default=lambda time: time.isoformat(), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Lineage":
        found = json.loads(text)
        snapshots = {name: _snapshot(found[name]) for name in ("raw", "rows", "quarantined")}
        splits = Splits(**{part: _window(window) for part, window in found["splits"].items()})
        before = found.get("continued")
        windows = {"splits": splits, "continued": _window(before) if before else None}
        return cls(**{**found, **snapshots, **windows, "as_of": datetime.fromisoformat(found["as_of"])})


@cache
def environment() -> dict[str, str]:
    """Return Python's version and those of the libraries that can change what a training gives."""
    installed = [name for name in _EXTRAS if find_spec(name)]
    versions = {name: metadata.version(name) for name in (*LIBRARIES, *installed)}
    return {"python": platform.python_version(), "machine": platform.machine(), **versions}


def environment_digest() -> str:
    return hashlib.sha256(json.dumps(environment(), sort_keys=True).encode()).hexdigest()


def surroundings(sources: Iterable[Source] = ()) -> dict[str, str]:
    """Return all that a training's bits may depend on beside its rows and spec: versions, and the processor.

    Among them are those of the libraries that the user's own estimators, ``sources``, import.

    Libraries choose their code by the processor, so it is told where two trainings differ; and no digest counts it,
    since most trainings do not.
    """
    return {
        **_imported(sources),
        **environment(),
        "perennial": metadata.version("perennial"),
        "processor": _processor(),
    }


def _imported(sources: Iterable[Source]) -> dict[str, str]:
    names = {name.split(".")[0] for source in sources for name in imported(source)}
    there = metadata.packages_distributions() if names else {}
    return {library: metadata.version(library) for name in sorted(names) for library in there.get(name, ())}


def _processor() -> str:
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in told.splitlines() if line.startswith("model name")), "")


@cache
def code_revision(project: Path) -> str:
    """Return the project's git commit, with ``+changes`` if files differ from it; else Perennial's version."""
    try:
        commit = _git(project, "rev-parse", "HEAD")
        changed = _git(project, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return f"perennial {metadata.version('perennial')}"
    return f"{commit}+changes" if changed else commit


def _git(project: Path, *words: str) -> str:
    command = ["git", "-C", str(project), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603


def _snapshot(found: dict[str, Any]) -> Snapshot:
    return Snapshot(**{**found, "start": _time(found["start"]), "end": _time(found["end"])})


def _window(found: dict[str, Any]) -> Window:
    return Window(_time(found["start"]), datetime.fromisoformat(found["end"]))


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
