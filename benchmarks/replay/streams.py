"""Streams of rows whose changes are known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from benchmarks.repetition import generator
from tasks.data.matrix import FloatArray

FEATURES, A_DAY, DAYS = 6, 80, 600
FIRST_DAY = datetime(2023, 1, 1, tzinfo=UTC)
STEP = timedelta(days=7)
FIRST = 243
"""Day as of which the first champion is trained: by then more rows of one rule hardly make a better model."""
Phase = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class Stream:
    """How a stream changes."""

    name: str
    words: str
    phase: Phase
    """How far the rule of a day lies from the first one: 1 is a rule at right angles."""
    changes: tuple[int, ...] = ()
    """Days from which on another rule holds, for good or for long."""
    label_delay_days: int = 1
    broken: tuple[tuple[int, int], ...] = ()
    """From which day to which one a column comes a hundredfold."""
    shifted: int | None = None
    """Day from which on the features lie elsewhere, under the same rule."""
    train: str = '["56d", "all"]'
    """The windows that are tried, as the spec says it."""


def _steps(*days: int) -> Phase:
    return lambda day: np.asarray(sum(np.where(day >= change, 1.0, 0.0) for change in days), dtype=np.float64)


def _between(first: int, last: int) -> Phase:
    return lambda day: np.where((day >= first) & (day < last), 1.0, 0.0)


STREAMS: tuple[Stream, ...] = (
    Stream("stationary", "one rule, learned from half a year each time", np.zeros_like, train='"182d"'),
    Stream("abrupt", "another rule from day 340, and another from day 470", _steps(340, 470), (340, 470)),
    Stream(
        "gradual",
        "the rule turns by a right angle in a year, all the time",
        lambda day: np.maximum(day - FIRST, 0) / 365,
    ),
    Stream(
        "recurring",
        "two rules in turn, five weeks each",
        lambda day: ((np.maximum(day - FIRST, 0) // 35) % 2).astype(np.float64),
    ),
    Stream("campaign", "another rule for nine days, and the old one again", _between(385, 394)),
    Stream(
        "late labels", "another rule from day 375, labels four weeks late", _steps(375), (375,), label_delay_days=28
    ),
    Stream(
        "broken feeds",
        "one rule; a column a hundredfold for two weeks, twice",
        np.zeros_like,
        broken=((330, 344), (460, 474)),
    ),
    Stream("shift alone", "features lie elsewhere from day 375; the rule stays", np.zeros_like, shifted=375),
)
BY_NAME: Mapping[str, Stream] = {stream.name: stream for stream in STREAMS}


@dataclass(frozen=True)
class Drawn:
    """The rows of a stream."""

    stream: Stream
    table: pa.Table
    columns: tuple[str, ...] = field(default=tuple(f"x{number}" for number in range(FEATURES)))


def draw(stream: Stream, number: int = 0) -> Drawn:
    """Return one stream: seeded by its name and ``number``."""
    random = generator("replay", stream.name, number)
    day = np.arange(DAYS * A_DAY) / A_DAY
    values = random.normal(size=(len(day), FEATURES))
    if stream.shifted is not None:
        values[day >= stream.shifted, 1:3] += 1.5
    rules = random.normal(size=(2, FEATURES))
    angle = np.pi / 2 * stream.phase(day)
    turned = np.cos(angle) * (values @ rules[0]) + np.sin(angle) * (values @ rules[1])
    signal = 0.8 * turned + np.where(values[:, 0] * values[:, 1] > 0, 0.7, -0.7)
    label = signal + random.logistic(size=len(day)) > 0
    seen = values.copy()
    for first, last in stream.broken:
        seen[(day >= first) & (day < last), 2] *= 100
    times = [FIRST_DAY + timedelta(days=float(one)) for one in day]
    columns = {f"x{number}": seen[:, number].round(4) for number in range(FEATURES)}
    return Drawn(
        stream,
        pa.table(
            {"time": pa.array(times, pa.timestamp("us", "UTC")), "id": np.arange(len(day)), **columns, "y": label}
        ),
    )
