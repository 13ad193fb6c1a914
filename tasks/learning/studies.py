"""Searches for better parameters as they are kept: a file a study, a line a trial, so that a killed one goes on.

Optuna's own storages are not used: its journal leaves a lock that outlives a killed process, and a database takes a
tenth of a second a trial. A line is written whole or, by a process that is killed, not at all: one that cannot be
read ends what is known, and its trial is run again.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from tasks.data.atomic import write_text
from tasks.learning.spaces import SPACES, Parameters

MONTH = 30 * 86_400
"""Seconds over which a quota is counted."""
_FORMAT, _STARTS = 1, 3
"""Of the files; and how many sets of parameters are taken over from earlier studies."""
State = Literal["complete", "pruned"]


@dataclass(frozen=True)
class Trial:
    """One set of parameters that was tried."""

    number: int
    """From 0, which is the spec's own."""
    parameters: Parameters
    loss: float
    """On validation; of one that was pruned, the lowest that it came to."""
    seen: Mapping[int, float]
    """The loss on the way, by step."""
    state: State
    seconds: float
    at: float
    """When it began, seconds since 1970."""

    @property
    def complete(self) -> bool:
        return self.state == "complete"


@dataclass(frozen=True)
class Shelf:
    """Where the studies of one model lie, and what one of them is about."""

    folder: Path | None
    """None: nothing is kept."""
    subject: str
    """What a study must share with this training to be the same: rows, spec, seed and versions, by digest."""
    price_per_hour: float | None = None

    def journal(self, kind: str, candidate: str, window: str) -> "Journal":
        """Return the journal of the study of this training, empty or with what a killed one has left."""
        parts = json.dumps([_FORMAT, self.subject, kind, candidate, window])
        name = f"{hashlib.sha256(parts.encode()).hexdigest()[:32]}.jsonl"
        return Journal(self.folder / name if self.folder else None, kind)

    def past(self) -> list["Journal"]:
        """Return every study of the model, the newest first."""
        paths = self.folder.glob("*.jsonl") if self.folder else []
        found = [journal for journal in map(_read, paths) if journal]
        return sorted(found, key=lambda one: (-one.begun, one.path.name if one.path else ""))

    def starts(self, kind: str) -> list[Parameters]:
        """Return the best parameters of the model's last studies of ``kind``, the newest first, each once."""
        names = {one.name for one in SPACES[kind]}
        found: dict[str, Parameters] = {}
        for journal in self.past():
            done = [trial for trial in journal.trials if trial.complete]
            if journal.kind == kind and len(done) > 1:
                best = min(done, key=lambda trial: trial.loss).parameters
                if set(best) == names:
                    found.setdefault(json.dumps(best, sort_keys=True), best)
        return list(found.values())[:_STARTS]

    def spent(self, now: float) -> float:
        """Return the seconds that studies have taken within the month before ``now``."""
        past = self.past()
        lost = sum(journal.lost for journal in past if now - journal.begun < MONTH)
        return lost + sum(one.seconds for journal in past for one in journal.trials if now - one.at < MONTH)


@dataclass
class Journal:
    """The trials of one study, each on disk before the next begins."""

    path: Path | None
    kind: str
    starts: list[Parameters] = field(default_factory=list)
    """What earlier studies found best: tried first. Kept, so that one that goes on begins from the same."""
    begun: float = 0.0
    trials: list[Trial] = field(default_factory=list)
    lost: float = 0.0
    """Seconds of trials that the end of the budget stopped: they found nothing, and count as spent."""

    @property
    def spent(self) -> float:
        """Seconds that the study has taken so far."""
        return self.lost + sum(trial.seconds for trial in self.trials)

    def open(self, starts: list[Parameters]) -> None:
        """Take up what is there, or begin from ``starts``."""
        found = _read(self.path) if self.path else None
        if found:
            self.starts, self.begun, self.trials, self.lost = found.starts, found.begun, found.trials, found.lost
        else:
            self.starts, self.begun = starts, time.time()
        _rewrite(self)  # without what a killed process may have left at its end

    def add(self, trial: Trial) -> None:
        self.trials.append(trial)
        self._write(asdict(trial))

    def lose(self, seconds: float) -> None:
        """Write down that a trial was stopped."""
        self.lost += seconds
        self._write({"lost": seconds})

    def _write(self, line: dict[str, Any]) -> None:
        if self.path:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
                file.flush()
                os.fsync(file.fileno())


def _rewrite(journal: Journal) -> None:
    if journal.path is None:
        return
    head = {"format": _FORMAT, "kind": journal.kind, "starts": journal.starts, "begun": journal.begun}
    lines = [head, *(asdict(trial) for trial in journal.trials), {"lost": journal.lost}]
    write_text(journal.path, "".join(json.dumps(line) + "\n" for line in lines))


def _read(path: Path) -> Journal | None:
    """Return the study in a file, up to a line that cannot be read; None: there is none of this format."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        return None
    found = list(_objects(lines))
    if not found or found[0].get("format") != _FORMAT:
        return None
    head, told = found[0], found[1:]
    trials = [_trial(line) for line in told if "number" in line]
    lost = sum(line["lost"] for line in told if "lost" in line)
    return Journal(path, head["kind"], head["starts"], head["begun"], trials, lost)


def _objects(lines: list[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            yield dict(json.loads(line))
        except ValueError:
            return


def _trial(line: dict[str, Any]) -> Trial:
    return Trial(**{**line, "seen": {int(step): loss for step, loss in line["seen"].items()}})
