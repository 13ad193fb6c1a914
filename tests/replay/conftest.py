"""A past that is made up, and one of the small project's that is lived through, each in this process."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.csv
import pytest

from tasks.data.contract import Contract
from tasks.data.ingestion import ingest_window
from tasks.data.window import Window
from tasks.judgement.comparison import Comparison
from tasks.monitoring.check import Check
from tasks.monitoring.policy import PolicyDecision
from tasks.monitoring.realised import Realised
from tasks.monitoring.triage import Action, Diagnosis
from tasks.replay import past as lived
from tasks.replay.episodes import InUse, Seen
from tasks.replay.past import LivedPast
from tasks.replay.rulings import Ruling
from tasks.replay.scene import Scene, scene_of
from tasks.replay.trainings import Made
from tasks.settings import Settings
from tasks.spec import ModelSpec
from tests.conftest import make_orders

START, STEP = datetime(2024, 1, 1, tzinfo=UTC), timedelta(days=7)


def compared(difference: float, error: float = 0.01, *, rows: int = 1000) -> Comparison:
    """Return a comparison with a 90 % interval."""
    reach = 1.645 * error
    return Comparison(
        "log_loss", "lower", 0.5 - difference, 0.5, difference, difference - reach, difference + reach, 0.9, rows, 20,
        1000, 0, "made up", 0, error, 19, 2.5 * error, identical=False,
    )  # fmt: skip


def made_at(at: datetime) -> Made:
    return Made(at, "", object(), None)  # type: ignore[arg-type]


def ruling(promotable: bool = True, gain: float = 0.01) -> Ruling:
    return Ruling("better" if promotable else "worse", promotable, "because", compared(gain), "", "")


@dataclass
class MadeUpPast:
    """What is seen, and how challengers do, as a test says."""

    actions: Mapping[datetime, Action] = field(default_factory=dict)
    refuse: Callable[[datetime], bool] = lambda _: False
    broken: Callable[[datetime], bool] = lambda _: False
    trained: list[datetime] = field(default_factory=list)
    seen: list[tuple[datetime, datetime]] = field(default_factory=list)

    def train(self, as_of: datetime, champion: Made | None) -> Made:  # noqa: ARG002 - as a past's is called
        self.trained.append(as_of)
        return Made(as_of, "", None, None, "no rows") if self.broken(as_of) else made_at(as_of)

    def rule(self, made: Made, champion: Made | None, judged: tuple[str, ...]) -> Ruling:  # noqa: ARG002
        return ruling(promotable=not self.refuse(made.as_of))

    def see(self, champion: InUse, at: datetime) -> Seen:
        self.seen.append((champion.made.as_of, at))
        return Seen(check_at(at, self.actions.get(at, "nothing")), "")


def check_at(at: datetime, action: Action = "nothing") -> Check:
    realised = Realised("log_loss", 0.5, 0.4, 0.6, 0.4, 0.1, 0.05, 0.15, 1000, 0, at)
    diagnosis = Diagnosis(action, "untold", (), f"{action}: because", 1.0, ())
    return Check("returns", 1, at, at - STEP, 700, (), realised, diagnosis, PolicyDecision(False, None, ("",)))


def moments(count: int) -> tuple[datetime, ...]:
    return tuple(START + (number + 1) * STEP for number in range(count))


FIRST = InUse(made_at(START), ruling(), START)


@pytest.fixture
def scene(spec: ModelSpec, contract: Contract, settings: Settings) -> Scene:
    """The small project's sixty days of orders."""
    end = datetime(2024, 3, 1, tzinfo=UTC)
    found = ingest_window(spec, contract, settings, window=Window(None, end), as_of=end)
    return scene_of(spec, contract, settings, history=found.raw, step=STEP, end=end)


@pytest.fixture
def history(project: Path) -> Path:
    """A hundred days of orders."""
    pyarrow.csv.write_csv(make_orders(rows=3000, days=100), project / "orders.csv")
    return project


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a past lived through in threads of this process, which has the libraries already."""

    def pool(count: int, **_: Any) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(count)

    monkeypatch.setattr(lived, "ProcessPoolExecutor", pool)


@pytest.fixture
def past(scene: Scene, in_process: None) -> Iterator[LivedPast]:  # noqa: ARG001 - it has to be there first
    with lived.open_past(scene) as found:
        yield found


def save_served(path: Path, labels: np.ndarray[Any, Any], predictions: np.ndarray[Any, Any], start: datetime) -> str:
    """Write one step of what a champion served, a row an hour."""
    times = int(start.timestamp() * 1e6) + 3_600_000_000 * np.arange(len(labels))
    np.savez(path, times=times, labels=labels, predictions=predictions, classes=np.array(["no", "yes"]))
    return str(path)
