"""What one check found, and what came of it: one record, shown everywhere and kept as a file."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tasks.data import store
from tasks.monitoring.policy import PolicyDecision
from tasks.monitoring.realised import Realised
from tasks.monitoring.signal import Signal
from tasks.monitoring.triage.case import Checked
from tasks.monitoring.triage.diagnosis import Diagnosis
from tasks.plain import read, write


@dataclass(frozen=True)
class Check:
    """One check of one champion."""

    model: str
    version: int
    as_of: datetime
    start: datetime
    """Of the current window, which ends at ``as_of``."""
    rows: int
    signals: tuple[Signal, ...]
    """The alarms first."""
    realised: Realised
    diagnosis: Diagnosis
    decision: PolicyDecision

    @property
    def alarmed(self) -> tuple[Signal, ...]:
        return tuple(signal for signal in self.signals if signal.alarmed)

    @property
    def headline(self) -> str:
        """The diagnosis in a line."""
        return self.diagnosis.sentence

    @property
    def checked(self) -> Checked:
        """What later checks need to know of it."""
        alarmed = tuple(dict.fromkeys(signal.column or signal.kind for signal in self.alarmed))
        return Checked(self.as_of, self.diagnosis.action, alarmed, self.realised.loss)

    def to_json(self) -> dict[str, Any]:
        """Return the check in JSON's own types, each signal with whether it alarmed."""
        found: dict[str, Any] = write(self)
        found["signals"] = [{**write(signal), "alarmed": signal.alarmed} for signal in self.signals]
        return found


@dataclass(frozen=True)
class KeptCheck:
    """A check that has been kept, by reference."""

    path: Path
    digest: str
    """SHA-256 of the file: by it a request in the ledger names the check that asked for it."""


def save_check(folder: Path, check: Check) -> KeptCheck:
    """Keep ``check`` in ``folder``, and return where.

    A later check of the same moment stands beside the earlier one, under the next number, and counts in its place:
    what a request was made on is not replaced. One that found the same is the same file.
    """
    text = json.dumps(check.to_json(), indent=1, ensure_ascii=False, sort_keys=True)
    digest, stamp = hashlib.sha256(text.encode()).hexdigest(), _stamp(check.as_of)
    there = [path for path in _files(folder) if _name(path)[0] == stamp]
    if there and hashlib.sha256(store.here(there[-1]).read_bytes()).hexdigest() == digest:
        return KeptCheck(there[-1], digest)
    number = _name(there[-1])[1] + 1 if there else 1
    path = folder / (f"{stamp}.json" if number == 1 else f"{stamp}-{number}.json")
    store.write(path, lambda file: file.write(text.encode()))
    return KeptCheck(path, digest)


def kept_checks(folder: Path) -> list[Path]:
    """Return the file of the last check of each moment, oldest first."""
    return list({_name(path)[0]: path for path in _files(folder)}.values())


def read_check(path: Path) -> Check:
    """Return the check that is kept in a file."""
    return check_from(json.loads(path.read_text(encoding="utf-8")))


def check_from(found: dict[str, Any]) -> Check:
    """Return the check that ``to_json`` wrote."""
    signals = [{name: value for name, value in one.items() if name != "alarmed"} for one in found["signals"]]
    check: Check = read(Check, {**found, "signals": signals})
    return check


def earlier_checks(folder: Path, *, version: int, before: datetime) -> tuple[Checked, ...]:
    """Return what became of the checks of ``version`` before that time, oldest first."""
    return tuple(sorted(_read(folder, version, before), key=lambda check: check.as_of))


def _read(folder: Path, version: int, before: datetime) -> Iterator[Checked]:
    for path in store.fetched(kept_checks(folder)):
        found = json.loads(path.read_text(encoding="utf-8"))
        as_of = datetime.fromisoformat(found["as_of"])
        if found["version"] == version and as_of < before:
            alarmed = [s["column"] or s["kind"] for s in found["signals"] if s["alarmed"]]
            yield Checked(as_of, found["diagnosis"]["action"], tuple(dict.fromkeys(alarmed)), found["realised"]["loss"])


def _files(folder: Path) -> list[Path]:
    """Return every kept check, by moment and number."""
    return sorted(store.find(folder, "*.json"), key=_name)


def _name(path: Path) -> tuple[str, int]:
    """Return the moment and the number that a file's name says."""
    stamp, _, number = path.stem.partition("-")
    return stamp, int(number) if number.isdigit() else 1


def _stamp(time: datetime) -> str:
    return time.strftime("%Y%m%dT%H%M%S")
