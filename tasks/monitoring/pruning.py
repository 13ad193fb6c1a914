"""What may be deleted of a model: of what trainings, scorings and checks left, all that nothing rests on.

Kept are, beside what ``tasks.release.retention`` keeps: rows that the ledger says were scored; what was predicted by a
version that ever was champion, or awaits a person; checks of the champion, and those that asked for a training, with
their pages; and the profile that the champion is compared with.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import get_args

from tasks.data import store
from tasks.errors import RegistryError
from tasks.monitoring.predictions.eligible import rows_folder
from tasks.monitoring.predictions.log import Audience
from tasks.monitoring.reference import Maker
from tasks.monitoring.watching import CHECKS
from tasks.release import retention
from tasks.release.in_use import in_use
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.entries import Entry
from tasks.release.ledger.leases import leased
from tasks.release.ledger.standing import standing
from tasks.release.ledger.work_records import Requested, Scored
from tasks.release.retention import Waste
from tasks.settings import Settings
from tasks.spec import ModelSpec


def find_waste(spec: ModelSpec, settings: Settings, ledger: Ledger) -> list[Waste]:
    """Return what may be deleted of a model; what a training or a scoring that is going on has written is among it."""
    entries, home = ledger.entries(spec.model), settings.of(spec.model)
    useless = chain(
        _rows(spec, settings, entries),
        _predictions(home, entries),
        _profiles(spec, settings, entries),
        _checks(home, entries),
    )
    return [*retention.find_waste(settings, ledger, spec.model), *(Waste.at(path) for path in useless)]


def prune(spec: ModelSpec, settings: Settings, ledger: Ledger) -> list[Waste]:
    """Delete what may be deleted, and return it; raise ModelBusy while a training or a scoring is going on."""
    with ExitStack() as stack:
        stack.enter_context(leased(ledger, spec.model, "training"))
        stack.enter_context(leased(ledger, spec.model, "scoring"))
        found = find_waste(spec, settings, ledger)
        retention.delete(found)
    return found


def scored_rows(entries: Sequence[Entry]) -> set[str]:
    """Return the digest of each snapshot that the ledger says was scored."""
    return {entry.what.snapshot for entry in entries if isinstance(entry.what, Scored)}


def _rows(spec: ModelSpec, settings: Settings, entries: Sequence[Entry]) -> Iterator[Path]:
    """Yield snapshots of scorings that died before they were written down, or had no row to score."""
    named = scored_rows(entries)
    yield from (path for path in _all(rows_folder(settings, spec.model), "*.parquet") if path.stem not in named)


def _predictions(home: Path, entries: Sequence[Entry]) -> Iterator[Path]:
    """Yield what refused versions said in the shadow of a champion."""
    now = standing(entries)
    versions = {champion.version for champion in now.champions} | {pending.version for pending in now.pending}
    kept = {f"version={version}" for version in versions}
    for audience in get_args(Audience):
        places = _all(home / "predictions" / audience, "day=*/version=*")
        yield from (place for place in places if place.name not in kept)


def _profiles(spec: ModelSpec, settings: Settings, entries: Sequence[Entry]) -> Iterator[Path]:
    """Yield every profile but that of the champion under today's spec: any can be made again."""
    try:
        needed = Maker(spec, settings, in_use(entries, spec.model)).folder
    except RegistryError:  # nothing is known of the champion, so nothing of what it needs
        return
    yield from (folder for folder in _all(needed.parent, "*") if folder != needed)


def _checks(home: Path, entries: Sequence[Entry]) -> Iterator[Path]:
    """Yield the checks of earlier champions that asked for nothing, and the pages of checks that are gone."""
    asked = {entry.what.check for entry in entries if isinstance(entry.what, Requested)}
    champion = standing(entries).champion
    kept = set()
    for path in _all(home / CHECKS, "*.json"):
        text = store.here(path).read_bytes()
        if champion is None or _version(text) == champion.version or hashlib.sha256(text).hexdigest() in asked:
            kept.add(path.stem)
        else:
            yield path
    yield from (page for page in _all(home / "reports", "*.html") if page.stem not in kept)


def _all(folder: Path, pattern: str) -> list[Path]:
    """Return what matches ``pattern``, also what a killed process has left."""
    return store.find(folder, pattern, leftovers=True)


def _version(check: bytes) -> int | None:
    try:
        return int(json.loads(check)["version"])
    except (ValueError, KeyError, TypeError):
        return None
