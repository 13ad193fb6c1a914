"""A contract as it is, and as fresh rows would have it: the changes that go in, and those that are left out."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import unified_diff
from pathlib import Path

from tasks.data.contract import Contract, read_contract
from tasks.data.history.contract import completed
from tasks.data.window import write_time
from tasks.errors import PerennialError
from tasks.evolution.change import Change
from tasks.evolution.editing import edited
from tasks.evolution.source import ByHand
from tasks.spec import ModelSpec


@dataclass(frozen=True)
class Patch:
    """A contract's text before and after, and what lies between."""

    file: str
    before: str
    after: str
    changes: tuple[Change, ...]
    """What goes in."""
    left_out: tuple[Change, ...]
    """What does not, each with the reason: ``held`` or ``by_hand``."""

    @property
    def diff(self) -> str:
        """The unified diff; empty when nothing changes."""
        name = f"data_contracts/{Path(self.file).name}"
        lines = unified_diff(
            self.before.splitlines(keepends=True), self.after.splitlines(keepends=True), f"a/{name}", f"b/{name}"
        )
        return "".join(lines)


@dataclass(frozen=True)
class Origin:
    """Where new rules come from, as a comment says it."""

    as_of: datetime
    since: datetime
    rows: int

    def __str__(self) -> str:
        return f"{write_time(self.as_of)}, from {self.rows:,} rows since {write_time(self.since)}"


def patch_of(contract: Contract, spec: ModelSpec, changes: Sequence[Change], origin: Origin) -> Patch:
    """Return the contract with every change that is not held back and can be written."""
    now, going, left = contract, [], []
    for change in changes:
        if change.held or change.by_hand or change.edit is None:
            left.append(change)
            continue
        try:
            now = _changed(now, spec, change, origin)
            going.append(change)
        except ByHand as reason:
            left.append(replace(change, by_hand=str(reason)))
    return Patch(contract.file, contract.text, now.text, tuple(going), tuple(left))


def digest_of(text: str) -> str:
    """Return the digest of a contract's text, by which a lineage names it."""
    return hashlib.sha256(text.encode()).hexdigest()


def _changed(contract: Contract, spec: ModelSpec, change: Change, origin: Origin) -> Contract:
    """Return ``contract`` with one change, read again: what it says of the other columns must be what it said."""
    assert change.edit is not None
    text = edited(contract.text, change.column, change.edit, f"{origin}: {change.why}")
    try:
        after = read_contract(text, contract.file)
        completed(after, spec)
    except PerennialError as error:
        raise ByHand(f"changed so, it cannot be used: {error}") from error
    others = (set(contract.names()) | set(after.names())) - {change.column}
    if any(_said(contract, name) != _said(after, name) for name in others):
        raise ByHand("its field says something of other columns as well")
    if _said(contract, change.column) == _said(after, change.column):
        raise ByHand("what its field says is decided elsewhere")
    return after


def _said(contract: Contract, name: str) -> object:
    """Return all that a contract says of a column; None: it does not name it."""
    column = contract.schema.columns.get(name)
    if column is None:
        return None
    checks = [(check.name, repr(check.statistics)) for check in column.checks]
    return str(column.dtype), column.nullable, column.unique, repr(column.metadata), checks
