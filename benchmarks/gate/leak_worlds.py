"""Seeded data sets with what may look like a leak and is none."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa

from benchmarks.gate.leak_data import Data, make
from tasks.data.matrix import FloatArray

_ROWS = 6_000


def worlds() -> Iterator[Data]:
    """Yield all of them."""
    yield from (narrow(), customers(), frauds(), walk("random walk", 0.0), walk("walk that returns", 0.01), season())
    yield strong()


def narrow() -> Data:
    """Three categories and nothing else: content repeats all the time."""
    draw = np.random.default_rng(1)
    columns = {name: draw.choice(list(letters), _ROWS) for name, letters in (("a", "xyz"), ("b", "pqrst"), ("c", "uv"))}
    chance = 0.2 + 0.4 * (columns["a"] == "x") + 0.2 * (columns["c"] == "u")
    return make("narrow", "binary", columns, (draw.random(_ROWS) < chance).astype(float))


def customers() -> Data:
    """Customers who come again, each with a leaning of his own: groups on both sides, honestly."""
    draw = np.random.default_rng(2)
    who = draw.integers(0, 400, _ROWS)
    leaning, spend = draw.normal(0, 1.5, 400)[who], draw.gamma(2, 30, _ROWS)
    columns = {"spend": spend.round(2), "visits": draw.poisson(3, _ROWS), "age": draw.integers(18, 90, 400)[who]}
    labels = (draw.random(_ROWS) < _logistic(leaning + spend / 60 - 1)).astype(float)
    return make("customers", "binary", columns, labels).with_column("customer", who, feature=False)


def frauds() -> Data:
    """Two per cent of positives, and a good score for them."""
    draw = np.random.default_rng(3)
    score, rows = draw.normal(size=20_000), 20_000
    amount = draw.lognormal(3, 1, rows)
    labels = (draw.random(rows) < _logistic(2.2 * score + 0.3 * np.log(amount) - 7)).astype(float)
    columns = {"score": score, "amount": amount.round(2), "hour": draw.integers(0, 24, rows)}
    gaps = pa.array(draw.normal(size=rows), mask=draw.random(rows) < 0.3)
    return make("frauds", "binary", {**columns, "device": gaps}, labels)


def walk(name: str, pull: float) -> Data:
    """A random walk, predicted from where it was; with ``pull`` it tends back to 0 by that share in every step."""
    from scipy.signal import lfilter

    draw = np.random.default_rng(4)
    path = lfilter([1.0], [1.0, pull - 1.0], draw.normal(size=_ROWS + 3))
    columns = {
        "last": path[2:-1],
        "before": path[1:-2],
        "mean_of_three": np.convolve(path, np.ones(3) / 3, "valid")[:-1],
    }
    made = make(name, "regression", {**columns, "noise": draw.normal(size=_ROWS)}, path[3:])
    return replace(made, planted=pull > 0)  # where it goes for good, a leak of the past says nothing of the holdout


def season() -> Data:
    """A trend with seasons, predicted from the calendar."""
    draw = np.random.default_rng(5)
    day = np.arange(_ROWS) / 24
    labels = 0.01 * day + 3 * np.sin(day * 2 * np.pi / 7) + draw.normal(size=_ROWS)
    columns = {"weekday": (day % 7).astype(np.int64), "hour": (24 * day % 24).astype(np.int64), "day": day}
    return make("season", "regression", {**columns, "price": 10 + 0.02 * day + draw.normal(size=_ROWS)}, labels)


def strong() -> Data:
    """Several measurements of one thing, each with a ROC AUC of about 0.97."""
    draw = np.random.default_rng(6)
    sick = (draw.random(_ROWS) < 0.4).astype(float)
    columns = {f"marker_{i}": 2.7 * sick + draw.normal(size=_ROWS) for i in range(3)}
    return make("strong markers", "binary", {**columns, "age": draw.integers(20, 80, _ROWS)}, sick)


def _logistic(score: FloatArray) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-score)))
