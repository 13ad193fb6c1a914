"""What fresh rows would change in a contract."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches

import pyarrow as pa

from tasks.data.contract import Column, Contract
from tasks.data.failures import Failure, find_failures
from tasks.data.holdings import type_name
from tasks.evolution.additions import new_columns
from tasks.evolution.change import Change
from tasks.evolution.edits import Dropped, MayBeMissing, Retyped, class_of
from tasks.evolution.fresh import Fresh
from tasks.evolution.rules import changed_rule
from tasks.evolution.suspicion import Suspicion
from tasks.evolution.words import few, rows_of, some
from tasks.spec import ModelSpec

_MOSTLY = 0.5
"""Of the values: when so many are of another type, the column is; else some values are broken."""
_WORDS = {"float": pa.float64(), "int": pa.int64(), "bool": pa.bool_()}


@dataclass(frozen=True)
class Scene:
    """What changes are looked for in."""

    spec: ModelSpec
    contract: Contract
    fresh: Fresh
    suspicion: Suspicion
    include: frozenset[str] = frozenset()
    """Columns that a person vouches for."""


def find_changes(scene: Scene) -> list[Change]:
    """Return every change, in the order of the contract's columns; those that are held back say why."""
    found = [*_gone(scene), *_broken(scene), *new_columns(scene.fresh)]
    places = {name: place for place, name in enumerate(scene.contract.names())}
    told = [_judged(change, scene) for change in found]
    return sorted(told, key=lambda change: places.get(change.column, len(places)))


def _judged(change: Change, scene: Scene) -> Change:
    """Return ``change`` with why it is held back: a feed that looks broken, or data of before that it makes invalid."""
    if change.column in scene.include:
        return replace(change, held=None)
    if how := scene.suspicion.columns.get(change.column):
        return replace(change, held=f"looks like a broken feed: {how}")
    if change.held is None and change.compatibility == "breaking":
        return replace(change, held="breaking: rows of before would not stay valid, or mean something else")
    return change


def _gone(scene: Scene) -> Iterator[Change]:
    rows = scene.fresh.rows
    for name in scene.contract.names():
        if name not in rows.column_names:
            others = {other.lower(): other for other in scene.fresh.unnamed.column_names}
            near = get_close_matches(name.lower(), list(others), 1)
            hint = f"; the source has a column {others[near[0]]}, perhaps its new name" if near else ""
            used = _named_by(name, scene.spec)
            yield Change(
                name,
                "column_gone",
                rows.num_rows,
                f"the source has it no longer{hint}",
                edit=Dropped(),
                compatibility=class_of(Dropped()),
                held="looks like a broken feed: the column is gone",
                by_hand=f"{used} of deployments/{scene.spec.model}.toml names it" if used else None,
            )


def _broken(scene: Scene) -> Iterator[Change]:
    columns = {column.name: column for column in scene.contract.columns}
    for failure in find_failures(scene.fresh.rows, scene.contract):
        if failure.column is None:
            count = int(failure.rows.sum())
            yield Change("", "rule_broken", count, f"{failure.reason} in {rows_of(count)}", by_hand="a rule about rows")
        elif failure.about == "type":
            yield _of_another_type(failure, columns[failure.column], scene)
        elif failure.about == "missing":
            yield _missing(failure, columns[failure.column], scene)
        else:
            wide = failure.column in scene.include
            yield changed_rule(failure, columns[failure.column], scene.fresh, loose=wide)


def _missing(failure: Failure, column: Column, scene: Scene) -> Change:
    count, total = int(failure.rows.sum()), len(failure.rows)
    used = _named_by(column.name, scene.spec)
    return Change(
        column.name,
        "nullable",
        count,
        f"no value in {rows_of(count, total)}, where it must have one",
        edit=MayBeMissing(),
        why=f"missing in {rows_of(count, total)}",
        held=few(count, total),
        by_hand=f"{used} names it, which must have a value" if used and used != "source.target" else None,
    )


def _of_another_type(failure: Failure, column: Column, scene: Scene) -> Change:
    values = scene.fresh.rows.column(column.name)
    count, total = int(failure.rows.sum()), len(values) - values.null_count
    was = next((word for word, kind in _WORDS.items() if kind == column.type), "")
    now = _word_of(values.type)
    whole = (was, now) == ("int", "float")
    change = Change(
        column.name,
        "type_changed",
        count,
        f"{rows_of(count, total)} hold no {type_name(column.type)}, such as {some(values, failure.rows)}",
    )
    if not was or not (whole or count >= _MOSTLY * total) or now == was:
        mend = "mend the source, or, if it stands for a missing value, list it in source.missing of the spec"
        return replace(change, kind="rule_broken", by_hand=mend)
    used = _named_by(column.name, scene.spec)
    return replace(
        change,
        edit=Retyped(was, now),
        why=f"{was} before; {rows_of(count, total)} hold no {type_name(column.type)}",
        compatibility=class_of(Retyped(was, now)),
        held=few(count, total),
        by_hand=f"{used} names it" if used else None,
    )


def _word_of(kind: pa.DataType) -> str:
    return next((word for word, known in _WORDS.items() if known == kind), "str")


def _named_by(column: str, spec: ModelSpec) -> str | None:
    """Return the key of the spec that names ``column``; None: none does."""
    source = spec.source
    single = {
        "source.timestamp": source.timestamp,
        "source.label_time": source.label_time,
        "source.group": source.group,
        "source.target": source.target,
    }
    several: dict[str, Collection[str]] = {
        "source.key": source.key,
        "gate.slices": spec.gate.slices,
        "gate.fairness.columns": spec.gate.fairness.columns,
        "features.exclude": spec.features.exclude,
    }
    found = [key for key, name in single.items() if name == column]
    return next(iter([*found, *(key for key, names in several.items() if column in names)]), None)
