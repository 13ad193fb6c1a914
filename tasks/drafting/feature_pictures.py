"""A small picture of each feature: how its values are spread, and how many are missing."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.drafting.kinds import Column
from tasks.drafting.plan import Plan
from tasks.judgement.canvas import shorten

MOST = 24
WIDTH, HEIGHT = 200.0, 60.0
"""Of a picture, in its own units."""
_BINS = 30
_NAMED = 5
_LETTERS = 30
_TAIL = 0.01


@dataclass(frozen=True)
class Bar:
    """A part of a picture."""

    x: float
    y: float
    width: float
    height: float
    words: str = ""
    """What stands on it."""


@dataclass(frozen=True)
class Picture:
    """A feature at a glance."""

    name: str
    said: str
    """What its values are, in words."""
    missing: str
    share: str
    """Of what the quick model gained, that this feature brought; empty: nobody knows."""
    bars: tuple[Bar, ...]


def pictures(plan: Plan, importance: Mapping[str, float]) -> tuple[Picture, ...]:
    """Return a picture of each of the ``MOST`` features that carried most in a quick model, these first."""
    ranked = sorted(plan.features, key=lambda name: -importance.get(name, 0.0))[:MOST]
    return tuple(_picture(plan.columns[name], plan.rows, importance) for name in ranked)


def _picture(column: Column, rows: int, importance: Mapping[str, float]) -> Picture:
    values = column.values.drop_null()
    said, bars = _numbers(values) if _is_number(column) else _words(column, values)
    share = f"{importance[column.name]:.0%} of what was learned" if column.name in importance else ""
    return Picture(column.name, said, f"{column.missing / rows:.1%} missing", share, bars)


def _is_number(column: Column) -> bool:
    kind = column.values.type
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind)) and column.distinct > _NAMED


def _numbers(values: pa.ChunkedArray) -> tuple[str, tuple[Bar, ...]]:
    """Return the histogram of all but the outermost hundredths, which lie at its ends."""
    numbers = values.cast(pa.float64(), safe=False).to_numpy()
    numbers = numbers[np.isfinite(numbers)]
    low, middle, high = np.quantile(numbers, [_TAIL, 0.5, 1 - _TAIL]).tolist()
    if low == high:
        low, high = float(numbers.min()), float(numbers.max())
    counts, _ = np.histogram(np.clip(numbers, low, high), _BINS, (low, high))
    tallest, width = max(int(counts.max()), 1), WIDTH / _BINS
    bars = tuple(
        Bar(round(number * width, 1), round(HEIGHT * (1 - count / tallest), 1), round(width - 0.8, 1), tall)
        for number, count in enumerate(counts.tolist())
        if (tall := round(HEIGHT * count / tallest, 1)) > 0
    )
    return f"{low:,.4g} to {high:,.4g}, half below {middle:,.4g}", bars


def _words(column: Column, values: pa.ChunkedArray) -> tuple[str, tuple[Bar, ...]]:
    """Return the most frequent values, the longest bar first."""
    counts = pc.value_counts(values.cast(pa.string())).to_pylist()
    ranked = sorted(counts, key=lambda one: (-one["counts"], one["values"]))
    total, most = sum(one["counts"] for one in ranked) or 1, ranked[0]["counts"] if ranked else 1
    step = HEIGHT / _NAMED
    bars = tuple(
        Bar(
            0,
            round(place * step, 1),
            max(round(WIDTH * one["counts"] / most, 1), 0.5),
            round(step - 1.5, 1),
            f"{shorten(one['values'], _LETTERS)} {one['counts'] / total:.0%}",
        )
        for place, one in enumerate(ranked[:_NAMED])
    )
    return f"{column.distinct:,} different values", bars
