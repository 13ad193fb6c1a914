"""What may be deleted of what trainings left: whatever no row of the ledger rests on.

Kept are the runs whose verdict the ledger names, with every snapshot that made them; so all that was ever champion,
proposed or refused can still be shown with its evidence. Registered versions are MLflow's, and never touched.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tasks.data import store
from tasks.release.challenger import checkpoints_of
from tasks.release.evidence import VERDICT
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.contract_records import Amended
from tasks.release.ledger.version_records import Judged, Proposed
from tasks.release.record import LINEAGE
from tasks.settings import Settings

_SNAPSHOTS = ("raw", "rows", "quarantine")


@dataclass(frozen=True)
class Waste:
    """Something that nothing rests on."""

    path: Path
    bytes: int

    @classmethod
    def at(cls, path: Path) -> "Waste":
        """Return a file, or a folder with all that is in it."""
        return cls(path, store.size(path))


def find_waste(settings: Settings, ledger: Ledger, model: str) -> list[Waste]:
    """Return what trainings of ``model`` left and nothing rests on; that of one that is going on is among it."""
    home, named = settings.of(model), _named(ledger, model)
    runs = [run for run in store.find(home / "runs", "*", leftovers=True) if not run.is_file()]
    kept = [run for run in runs if _verdict(run) in named]
    needed = {digest for run in kept for digest in _snapshots(run)} | named
    snapshots = [path for place in _SNAPSHOTS for path in store.find(home / place, "*.parquet", leftovers=True)]
    useless = [run for run in runs if run not in kept] + [path for path in snapshots if path.stem not in needed]
    useless += [path for path in [checkpoints_of(home)] if path.is_dir()]
    return [Waste.at(path) for path in useless]


def delete(waste: list[Waste]) -> None:
    """Delete it."""
    for one in waste:
        store.remove(one.path)


def _named(ledger: Ledger, model: str) -> set[str]:
    """Return every digest that the ledger names as evidence."""
    whats = [entry.what for entry in ledger.entries(model)]
    judged = [what.evidence for what in whats if isinstance(what, Judged | Proposed)]
    amended = {what.snapshot for what in whats if isinstance(what, Amended)}
    return {digest for evidence in judged for digest in vars(evidence).values()} | amended


def _verdict(run: Path) -> str | None:
    try:
        return hashlib.sha256(store.here(run / "record" / VERDICT).read_bytes()).hexdigest()
    except OSError:
        return None


def _snapshots(run: Path) -> Iterator[str]:
    lineage = json.loads(store.here(run / "record" / LINEAGE).read_text(encoding="utf-8"))
    for name in ("raw", "rows", "quarantined"):
        yield lineage[name]["digest"]
