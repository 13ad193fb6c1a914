"""Look for what is wrong with what scorings and checks have kept, and mend what can be mended."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.data import store, store_mending
from tasks.data.snapshot import Snapshot
from tasks.errors import PerennialError, RegistryError, SnapshotDamaged
from tasks.monitoring import kept
from tasks.monitoring.predictions.eligible import rows_folder
from tasks.monitoring.pruning import find_waste, scored_rows
from tasks.monitoring.reference import Maker
from tasks.monitoring.watching import CHECKS
from tasks.release.doctor import Finding, mended_in_store
from tasks.release.evidence import check_rows
from tasks.release.in_use import in_use
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.leases import at_work
from tasks.settings import Settings
from tasks.spec import ModelSpec, load_spec, names

_DAMAGED = ".damaged"
_LISTED = (CHECKS, "predictions/served", "predictions/shadow", "judged")
"""Folders of a model whose files no reference names: what is there, counts."""


def examine_watched(settings: Settings) -> Iterator[Finding]:
    """Look at each model's scored rows, predictions log, profile and checks, and at what nothing rests on."""
    ledger = Ledger(settings.ledger)
    for model in names(settings.specs):
        try:
            spec = load_spec(model, settings.specs)
        except PerennialError as error:
            yield Finding("ill", f"{model}: {error}")
            continue
        yield from _scored(spec, settings, ledger)
        yield from _log(model, settings.of(model))
        yield from _profile(spec, settings, ledger)
        yield from _checks(model, settings.of(model))
        yield from _only_here(model, settings.of(model))
        yield from _waste(spec, settings, ledger)


def _scored(spec: ModelSpec, settings: Settings, ledger: Ledger) -> Iterator[Finding]:
    """Look at the rows that the ledger says were scored."""
    named = sorted(scored_rows(ledger.entries(spec.model)))
    folder, wrong, mended = rows_folder(settings, spec.model), [], list[str]()
    for digest in named:
        rows = Snapshot(store.uri(folder / f"{digest}.parquet"), digest, 0, None, None)
        try:
            check_rows(rows)
            mended += store_mending.mend(rows.uri, by="size")
        except SnapshotDamaged as error:
            wrong.append(str(error))
    yield from mended_in_store(spec.model, "scored rows", mended)
    if wrong:
        yield Finding("ill", f"{spec.model}: of {len(named)} snapshots of scored rows, {len(wrong)}: {wrong[0]}")
    elif named:
        yield Finding("well", f"{spec.model}: {len(named)} snapshots of scored rows are what was scored")


def _log(model: str, home: Path) -> Iterator[Finding]:
    """Look at each part of the predictions log."""
    parts = store.find(home / "predictions", "*/day=*/version=*/part-*.parquet")
    wrong = [part for part in parts if not _is_parquet(part)]
    for part in wrong:
        yield Finding("ill", f"{model}: {part}: cannot be read; restore it, or delete it and score its day again")
    if parts and not wrong:
        yield Finding("well", f"{model}: {len(parts)} parts of the predictions log can be read")


def _profile(spec: ModelSpec, settings: Settings, ledger: Ledger) -> Iterator[Finding]:
    """Look at the profile that the champion is compared with; a damaged one is deleted, and made again when needed."""
    try:
        folder = Maker(spec, settings, in_use(ledger.entries(spec.model), spec.model)).folder
    except RegistryError:  # there is no champion, or its doctor has said so
        return
    if store.here(folder).exists() and not _of_two(folder, lambda: kept.load(folder) is not None):
        store.remove(folder)
        yield Finding("mended", f"{spec.model}: the kept profile was damaged; the next check makes it again")


def _checks(model: str, home: Path) -> Iterator[Finding]:
    """Look at the kept checks; one that cannot be read is set aside, as every later check would stumble over it."""
    for path in store.fetched(store.find(home / CHECKS, "*.json")):
        if not _of_two(path, partial(_is_json, path)):
            aside = path.rename(path.with_name(path.name + _DAMAGED))
            store.keep(aside)
            store.remove(path)
            yield Finding("mended", f"{model}: a check cannot be read, and is set aside: {aside}")


def _only_here(model: str, home: Path) -> Iterator[Finding]:
    """Look for what nobody sees, since the store does not have it."""
    if alone := [path for place in _LISTED for path in store_mending.only_here(home / place)]:
        found = f"{model}: files that the store does not have, so nobody sees them: {len(alone)}, {alone[0]} for one"
        yield Finding("ill", f"{found}; copy them into it if they are older than the store, or else delete them")


def _waste(spec: ModelSpec, settings: Settings, ledger: Ledger) -> Iterator[Finding]:
    if at_work(ledger, spec.model):
        return
    if waste := find_waste(spec, settings, ledger):
        freed = sum(one.bytes for one in waste) / 1e6
        yield Finding(
            "well", f"{spec.model}: nothing rests on {freed:,.1f} MB; `perennial prune {spec.model}` says of what"
        )


def _of_two(place: Path, is_good: Callable[[], bool]) -> bool:
    """Say whether this machine's copy is good, or the store's that then takes its place."""
    return is_good() or (store.again(place) and is_good())


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_bytes())
    except ValueError:
        return False
    return True


def _is_parquet(path: Path) -> bool:
    try:
        with store.opened(path) as file:
            pq.read_metadata(file)
    except (OSError, pa.ArrowException):
        return False
    return True
