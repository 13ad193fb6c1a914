"""From a source to a patch of its contract."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tasks.data.contract import Contract
from tasks.data.window import Window
from tasks.errors import SettingsError
from tasks.evolution.changes import Scene, find_changes
from tasks.evolution.fresh import Fresh, look
from tasks.evolution.novelty import new_words
from tasks.evolution.patch import Origin, Patch, patch_of
from tasks.evolution.suspicion import suspicion
from tasks.settings import Settings
from tasks.spec import ModelSpec


@dataclass(frozen=True)
class Request:
    """Which rows are looked at, and what of them a person vouches for."""

    as_of: datetime
    length: timedelta | None = None
    """None: the window of a check, ``drift.window``."""
    include: Sequence[str] = ()
    """Columns whose change is proposed although it is breaking, or looks like a broken feed."""


@dataclass(frozen=True)
class Examined:
    """What fresh rows would change."""

    fresh: Fresh
    patch: Patch
    warnings: tuple[str, ...]
    """What looks broken, beside the changes that are left out for it."""
    new_words: tuple[str, ...]
    """Categories that are new, and that the contract lets through."""


def examine(spec: ModelSpec, contract: Contract, settings: Settings, request: Request) -> Examined:
    """Return what the window before ``as_of`` would change in ``contract``; nothing is written but the rows' snapshot.

    Raises:
        SettingsError: ``include`` names a column that nothing was found of.
        NotEnoughData: the window has no row.
    """
    start = request.as_of - (request.length or spec.drift.window)
    fresh = look(spec, contract, settings, window=Window(start, request.as_of), as_of=request.as_of)
    suspected = suspicion(fresh, spec, contract)
    changes = find_changes(Scene(spec, contract, fresh, suspected, frozenset(request.include)))
    known = list(dict.fromkeys(change.column for change in changes if change.column))
    if unknown := [name for name in request.include if name not in known]:
        raise SettingsError(
            f"include: nothing is to be changed of {unknown[0]!r}; columns: {', '.join(known) or 'none'}"
        )
    patch = patch_of(contract, spec, changes, Origin(request.as_of, start, fresh.rows.num_rows))
    ragged = (
        ("some file of the source lacks columns that others have: those are not looked at",) if fresh.ragged else ()
    )
    beside = [how for name, how in suspected.columns.items() if name not in known]
    warnings = (*suspected.rows, *dict.fromkeys(beside), *ragged)
    return Examined(fresh, patch, warnings, tuple(new_words(fresh, spec, contract)))
