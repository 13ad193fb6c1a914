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
from tasks.plain import write


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

    def to_json(self) -> dict[str, Any]:
        """Return the check in JSON's own types, each signal with whether it alarmed."""
        found: dict[str, Any] = write(self)
        found["signals"] = [{**write(signal), "alarmed": signal.alarmed} for signal in self.signals]
        return found


def save_check(folder: Path, check: Check) -> str:
    """Write ``check`` into ``folder``, and return the digest of what was written; one of the same time is replaced."""
    text = json.dumps(check.to_json(), indent=1, ensure_ascii=False, sort_keys=True)
    path = folder / f"{_stamp(check.as_of)}.json"
    store.write(path, lambda file: file.write(text.encode()))
    return hashlib.sha256(text.encode()).hexdigest()


def earlier_checks(folder: Path, *, version: int, before: datetime) -> tuple[Checked, ...]:
    """Return what became of the checks of ``version`` before that time, oldest first."""
    return tuple(sorted(_read(folder, version, before), key=lambda check: check.as_of))


def _read(folder: Path, version: int, before: datetime) -> Iterator[Checked]:
    for path in store.fetched(store.find(folder, "*.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        as_of = datetime.fromisoformat(found["as_of"])
        if found["version"] == version and as_of < before:
            alarmed = [s["column"] or s["kind"] for s in found["signals"] if s["alarmed"]]
            yield Checked(as_of, found["diagnosis"]["action"], tuple(dict.fromkeys(alarmed)), found["realised"]["loss"])


def _stamp(time: datetime) -> str:
    return time.strftime("%Y%m%dT%H%M%S")
