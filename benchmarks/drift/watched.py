"""A champion in use on one of the data sets, and its checks: the functions of the live loop, over tables in memory."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.drift.champion import DAY, Champion, features, times_of, train
from benchmarks.drift.datasets import DataSet
from benchmarks.drift.faults import Targets
from tasks.data.keys import row_keys
from tasks.monitoring.drift import drift_signals, volume_signal
from tasks.monitoring.performance import Predicted, realised
from tasks.monitoring.predictions.arrivals import Delays, Maturity
from tasks.monitoring.predictions.estimate import Sample
from tasks.monitoring.profile.calibration import Calibration, calibrate
from tasks.monitoring.profile.profile import Blocking, Profile, learn_binning, take_profile
from tasks.monitoring.realised import Realised
from tasks.monitoring.reference import INPUTS, PERFORMANCE, YEAR
from tasks.monitoring.signal import Signal
from tasks.monitoring.triage import Case, Checked, Counts, Diagnosis, triage
from tasks.monitoring.upkeep import performance_signal
from tasks.spec import ModelSpec, read_spec

WINDOW = 7
"""Days of a window: what the spec's default is."""
_CHOOSE, _HOLDOUT = 14, 28
"""Days that chose the champion, the last it learned from; and days after them that it was promised on."""
_SAMPLE = 20_000


@dataclass(frozen=True)
class Window:
    """What a check looks at, with the labels that the loop keeps elsewhere."""

    day: int
    """Since the first day of the data."""
    current: pa.Table
    before: pa.Table
    year_ago: pa.Table | None = None
    past: tuple[Checked, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What one check found."""

    diagnosis: Diagnosis
    realised: Realised
    signals: tuple[Signal, ...]

    @property
    def loses(self) -> bool:
        """The loss is more than chance makes of it."""
        return any(signal.alarmed for signal in self.signals if signal.kind == "performance")

    def as_past(self, day: int) -> Checked:
        alarmed = tuple(s.column or s.kind for s in self.signals if s.alarmed and s.kind != "performance")
        as_of = datetime.fromtimestamp(day * DAY / 1e6, UTC)
        return Checked(as_of, self.diagnosis.action, tuple(dict.fromkeys(alarmed)), self.realised.loss)


@dataclass(frozen=True)
class Watched:
    """A data set with a champion that learned from its first ``learned`` days."""

    data: DataSet
    targets: Targets
    metric: str
    learned: int

    @cached_property
    def first(self) -> int:
        """The start of the first day, microseconds."""
        return int(times_of(self.data.table, self.data.columns)[0]) // DAY * DAY

    def days(self, start: int, end: int) -> pa.Table:
        """Return the rows of some days."""
        times = times_of(self.data.table, self.data.columns)
        low, high = np.searchsorted(times, [self.first + start * DAY, self.first + end * DAY])
        return self.data.table.slice(low, high - low)

    @cached_property
    def spec(self) -> ModelSpec:
        columns = self.data.columns
        source = {"uri": "x.parquet", "timestamp": columns.timestamp, "key": list(columns.key)}
        return read_spec(
            {
                "model": self.data.name,
                "owner": "benchmark",
                "task": self.data.task,
                "source": source | {"target": columns.target, "label_delay": "0d"},
                "window": {"train": "all", "validation": f"{_CHOOSE}d", "holdout": f"{_HOLDOUT}d"},
                "candidates": [{"kind": "lightgbm"}],
                "gate": {"metric": self.metric},
            },
            "benchmark",
        )

    @cached_property
    def champion(self) -> Champion:
        parts = [self.days(0, self.learned - _CHOOSE), self.days(self.learned - _CHOOSE, self.learned)]
        return train(self.data, train_rows=parts[0], chosen=parts[1])

    @cached_property
    def promise(self) -> Sample:
        """What the champion was worth on its holdout."""
        table = self.days(self.learned, self.learned + _HOLDOUT)
        table = table.filter(pc.is_valid(table.column(self.data.columns.target)))
        found = self._predicted(table)
        return Sample(found.labels, found.predictions, found.times)

    @cached_property
    def usual(self) -> tuple[Profile, Calibration]:
        """What the champion learned from, as counts, and what is usual in it."""
        table = self.days(0, self.learned)
        names = [name for name, _ in features(table, self.data.columns)]
        binning, _ = learn_binning(table, [name for name in names if name in table.column_names])
        profile = take_profile(table.to_batches(), binning, Blocking(self.learned, self._blocks))
        allowed = self.spec.drift.alarms_per_year * INPUTS
        found = calibrate(profile, window=WINDOW, checks_a_year=YEAR / timedelta(days=1), alarms_a_year=allowed, seed=0)
        return profile, found

    def _blocks(self, batch: pa.RecordBatch) -> npt.NDArray[np.int64]:
        return (times_of(pa.table(batch), self.data.columns) - self.first) // DAY

    @cached_property
    def reference(self) -> pa.Table:
        """A sample of what the champion learned from."""
        table = self.days(0, self.learned)
        chosen = np.random.default_rng(0).choice(table.num_rows, min(_SAMPLE, table.num_rows), replace=False)
        return table.take(pa.array(np.sort(chosen))).combine_chunks()

    def window(self, day: int) -> Window:
        """Return the window that begins on ``day``, as it was."""
        ago = self.days(day - 365, day - 365 + 2 * WINDOW) if day >= 365 else None
        return Window(day, self.days(day, day + WINDOW), self.days(day - WINDOW, day), ago)

    def check(self, window: Window) -> Verdict:
        """Return what the live loop says of ``window``."""
        found = self._realised(window)
        signals = tuple(self._signals(window, found))
        return Verdict(triage(self._case(window, found, signals)), found, signals)

    def _realised(self, window: Window) -> Realised:
        usual = 1 - self.reference.column(self.data.columns.target).null_count / self.reference.num_rows
        end = datetime.fromtimestamp((self.first + (window.day + WINDOW + 1) * DAY) / 1e6, UTC)
        maturity = Maturity(end, Delays(0.0, 0.0, 0.0, self.reference.num_rows, usual))
        return realised(self.spec, self._predicted(window.current), promise=self.promise, maturity=maturity)

    def _predicted(self, table: pa.Table) -> Predicted:
        labels = np.asarray(table.column(self.data.columns.target).to_numpy(), dtype=np.float64)
        return Predicted(times_of(table, self.data.columns), self.champion.predict(table), labels)

    def _signals(self, window: Window, found: Realised) -> list[Signal]:
        profile, calibration = self.usual
        blocks = Blocking(1, lambda batch: np.zeros(batch.num_rows, dtype=np.int64))
        current = take_profile(window.current.to_batches(), profile.binning, blocks)
        chance = self.spec.drift.alarms_per_year * PERFORMANCE * (self.spec.drift.window / YEAR)
        worth = performance_signal(found, chance=chance)
        volume = volume_signal(profile, window.current.num_rows, calibration, window=WINDOW)
        return [*drift_signals(profile, current, calibration), volume, *([worth] if worth else [])]

    def _case(self, window: Window, found: Realised, signals: tuple[Signal, ...]) -> Case:
        current, before = (table.drop_columns([self.data.columns.target]) for table in (window.current, window.before))
        return Case(
            columns=self.data.columns,
            reference=self.reference,
            current=current,
            before=before,
            year_ago=window.year_ago,
            signals=signals,
            performance=found,
            counts=self._counts(window),
            past=window.past,
        )

    def _counts(self, window: Window) -> Counts:
        times = times_of(window.current, self.data.columns)
        edges = self.first + DAY * np.arange(window.day, window.day + WINDOW + 1)
        keys = row_keys(window.current, self.data.columns.key)
        return Counts(
            rows=window.current.num_rows,
            before=window.before.num_rows,
            expected=float(self.usual[0].rows.mean()) * WINDOW,
            duplicated=len(keys) - len(np.unique(keys)),
            blocks=tuple(int(rows) for rows in np.histogram(times, bins=edges)[0]),
        )


def with_past(watched: Watched, window: Window, checks: tuple[Window, ...]) -> Window:
    """Return ``window`` with what became of earlier ``checks``, oldest first."""
    past: tuple[Checked, ...] = ()
    for earlier in checks:
        past = (*past, watched.check(replace(earlier, past=past)).as_past(earlier.day))
    return replace(window, past=past)
