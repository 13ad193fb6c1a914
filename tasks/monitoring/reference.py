"""The reference window of a champion: its profile, made once for a version and kept, and what is usual in it."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from tasks.data import store
from tasks.data.rows import where
from tasks.data.snapshot import load_snapshot
from tasks.data.splits import within
from tasks.data.window import Window
from tasks.errors import NotEnoughData
from tasks.monitoring import kept
from tasks.monitoring.kept import Family, ReferenceWindow
from tasks.monitoring.label_drift import LABEL, labels_of
from tasks.monitoring.multivariate import MOST_ROWS, UsualSeparation, usual_separation
from tasks.monitoring.profile.calibration import calibrate
from tasks.monitoring.profile.outages import without_outages
from tasks.monitoring.profile.profile import Binning, learn_binning, take_profile
from tasks.monitoring.sampling import Sample
from tasks.monitoring.windows import Grid, event_times
from tasks.release.artifact import Model, load_artifact
from tasks.release.in_use import InUse
from tasks.settings import Settings
from tasks.spec import ModelSpec

SAMPLE_ROWS = 100_000
MOST_BLOCKS = 3_000
"""Older ones are left out: hourly blocks of four months, daily ones of eight years."""
PREDICTION = "prediction"
YEAR = timedelta(days=365.25)
INPUTS, PREDICTIONS, LABELS, MULTIVARIATE, PERFORMANCE = 0.4, 0.1, 0.1, 0.2, 0.2
"""Parts of the false alarms that are put up with."""
_WINDOWS = 8
"""Of the reference, each told from the rest of it, to learn what is usual."""
_FORMAT = 5


@dataclass(frozen=True)
class Maker:
    """What a reference is made from."""

    spec: ModelSpec
    settings: Settings
    champion: InUse

    @property
    def every(self) -> timedelta:
        return self.spec.drift.every

    @property
    def matured(self) -> timedelta:
        """How long the window is of which performance is told.

        As long as the holdout, if that is longer than the current window: what is compared with its promise should be
        known as well as that.
        """
        return max(self.spec.drift.window, self.spec.window.holdout)

    @property
    def digest(self) -> str:
        """Of all that the reference depends on."""
        parts = [_FORMAT, self.champion.digest, self.champion.lineage.rows.digest, self.spec.seed]
        parts.append(self.spec.drift.model_dump_json())
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]

    @property
    def folder(self) -> Path:
        """Where the reference is kept."""
        return self.settings.of(self.spec.model) / "profiles" / self.digest


@dataclass(frozen=True)
class _Rate:
    """Which windows are compared with a reference, and what part of the false alarms they may give."""

    end: datetime
    """Of the reference."""
    window: timedelta
    share: float


def reference_of(maker: Maker, *, again: bool = False) -> ReferenceWindow:
    """Return the champion's reference window, from the model's folder unless it is not there, or ``again``.

    Raises:
        SnapshotDamaged: the rows that it learned from are gone or damaged.
        NotEnoughData: they are fewer than one window.
    """
    found = None if again else kept.load(store.here(maker.folder))
    if found is None:
        found = _make(maker)
        kept.save(maker.folder, found)
        store.keep(maker.folder)
    return found


def _make(maker: Maker) -> ReferenceWindow:
    model = load_artifact(maker.champion.uri, maker.champion.digest)
    table, splits = load_snapshot(maker.champion.lineage.rows), maker.champion.lineage.splits
    times = event_times(table, maker.spec.source.timestamp)
    learned = where(table, within(times, Window(splits.train.start, splits.validation.end)))
    sample = Sample(maker.spec.source.key, SAMPLE_ROWS)
    sample.add(learned)
    some = sample.table()
    assert some is not None
    binning, _ = learn_binning(some, watched_columns(model, maker.spec))
    inputs = _family(maker, binning, learned, _Rate(splits.validation.end, maker.spec.drift.window, INPUTS))
    return ReferenceWindow(
        version=maker.champion.version,
        inputs=inputs,
        predictions=_predictions(maker, model, table),
        labels=_labels(maker, model, learned),
        separation=_separation(maker, some, binning) if maker.spec.drift.multivariate else None,
        sample=some,
    )


def watched_columns(model: Model, spec: ModelSpec) -> list[str]:
    """Return the features that ``model`` reads, without the event time and what ``drift.ignore`` names."""
    away = {*spec.drift.ignore, spec.source.timestamp}
    return [name for name in model.contract.names("feature") if name in model.features.reads and name not in away]


def _family(maker: Maker, binning: Binning, rows: pa.Table, rate: _Rate) -> Family:
    """Return the profile of ``rows`` before the end, and what is usual of its windows."""
    grid = Grid(rate.end, maker.every, _blocks(maker, rows, rate.end))
    window = rate.window // maker.every
    whole = take_profile(rows.to_batches(), binning, grid.blocking(maker.spec.source.timestamp))
    profile = without_outages(whole, window=window)
    calibration = calibrate(
        profile,
        window=window,
        checks_a_year=YEAR / maker.every,
        alarms_a_year=maker.spec.drift.alarms_per_year * rate.share,
        seed=maker.spec.seed,
    )
    return Family(profile, calibration)


def _blocks(maker: Maker, rows: pa.Table, end: datetime) -> int:
    """Return how many whole blocks ``rows`` fill."""
    times = event_times(rows, maker.spec.source.timestamp)
    if len(times) == 0:
        raise NotEnoughData(f"{maker.spec.model}: version {maker.champion.version} has no rows to compare with")
    first = datetime.fromtimestamp(int(times.min()) / 1e6, tz=end.tzinfo)
    return int(np.clip((end - first) // maker.every, 1, MOST_BLOCKS))


def _predictions(maker: Maker, model: Model, table: pa.Table) -> Family | None:
    """Return what the champion predicts for rows that it did not learn from: those that chose it, and judged it."""
    splits = maker.champion.lineage.splits
    chose = splits.holdout if maker.champion.lineage.refit else splits.validation
    window = Window(chose.start, splits.holdout.end)
    rows = where(table, within(event_times(table, maker.spec.source.timestamp), window))
    if rows.num_rows == 0:
        return None
    predicted = with_predictions(model, rows, maker.spec.source.timestamp)
    binning, _ = learn_binning(predicted, [PREDICTION])
    return _family(maker, binning, predicted, _Rate(window.end, maker.spec.drift.window, PREDICTIONS))


def _labels(maker: Maker, model: Model, learned: pa.Table) -> Family | None:
    """Return what labels are when nothing is wrong, in windows as long as those of which performance is told."""
    rows = labels_of(learned, model.target, maker.spec)
    if rows.num_rows == 0:
        return None
    binning, _ = learn_binning(rows, [LABEL])
    end = maker.champion.lineage.splits.validation.end
    return _family(maker, binning, rows, _Rate(end, maker.matured, LABELS))


def with_predictions(model: Model, rows: pa.Table, timestamp: str) -> pa.Table:
    """Return the event times of ``rows`` and what ``model`` predicts: value, probability, or likeliest class."""
    values = model.predict(rows)
    if values.ndim == 2:
        classes = pa.array([str(name) for name in model.target.classes])
        found = classes.take(pa.array(values.argmax(axis=1))).dictionary_encode()
    else:
        found = pa.array(values)
    return pa.table({timestamp: rows.column(timestamp), PREDICTION: found})


def _separation(maker: Maker, sample: pa.Table, binning: Binning) -> UsualSeparation | None:
    """Return how well windows of the reference, evenly spread over it, are told from the rest."""
    times = event_times(sample, maker.spec.source.timestamp)
    length = maker.spec.drift.window // timedelta(microseconds=1)
    starts = np.linspace(times.min(), max(times.max() - length, times.min()), _WINDOWS).astype(np.int64)
    masks = [(times >= start) & (times < start + length) for start in starts]
    pairs = [(where(sample, ~mask).slice(0, MOST_ROWS), where(sample, mask)) for mask in masks]
    return usual_separation(pairs, binning, seed=maker.spec.seed)
