"""What a look at a champion in use measures: windows → signals."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa

from tasks.data.conversion import conform
from tasks.errors import DataRefused
from tasks.monitoring.drift import drift_signals, volume_signal
from tasks.monitoring.label_drift import arrived, label_signals
from tasks.monitoring.label_suspects import suspects_signal
from tasks.monitoring.multivariate import multivariate_signal, separate
from tasks.monitoring.performance import FEWEST_ROWS
from tasks.monitoring.profile.profile import Blocking, Profile, take_profile
from tasks.monitoring.reference import MULTIVARIATE, PERFORMANCE, YEAR, with_predictions
from tasks.monitoring.signal import Signal
from tasks.monitoring.upkeep import age_signal, performance_signal, upkeep_signals
from tasks.monitoring.watching import Looked, Watch
from tasks.release.artifact import load_artifact
from tasks.spec import ModelSpec


def signals(watch: Watch, looked: Looked) -> tuple[Signal, ...]:
    """Return all that was measured, the alarms first."""
    inputs, current = looked.reference.inputs, looked.current
    found = [*upkeep_signals(current, looked.broken, watch.spec, watch.as_of)]
    found.append(volume_signal(inputs.profile, current.rows, inputs.calibration, window=watch.grid().blocks))
    if current.rows:
        found += drift_signals(inputs.profile, current.profile, inputs.calibration)
        found += [*_multivariate(watch, looked), *_predictions(watch, looked)]
    found += _labels(watch, looked)
    if performance := performance_signal(looked.realised, chance=_chance(watch.spec, PERFORMANCE)):
        found.append(performance)
    found += _suspects(watch, looked)
    found.append(age_signal(watch.champion.lineage.splits.validation.end, watch.as_of))
    return tuple(sorted(found, key=lambda signal: not signal.alarmed))


def _chance(spec: ModelSpec, share: float) -> float:
    """Return the chance of a false alarm in one window that ``share`` of those put up with leave to a signal."""
    return min(spec.drift.alarms_per_year * share * (spec.drift.window / YEAR), 0.5)


def _multivariate(watch: Watch, looked: Looked) -> Iterator[Signal]:
    reference, sample = looked.reference, looked.current.sample
    if not watch.spec.drift.multivariate or sample is None:
        return
    found = separate(reference.sample, sample, reference.inputs.profile.binning, seed=watch.spec.seed)
    if found is not None:
        yield multivariate_signal(found, reference.separation, chance=_chance(watch.spec, MULTIVARIATE))


def _predictions(watch: Watch, looked: Looked) -> Iterator[Signal]:
    """Yield how far what the champion predicts now is from what it predicted for rows it had not learned from."""
    family, sample = looked.reference.predictions, looked.current.sample
    if family is None or sample is None:
        return
    model = load_artifact(watch.champion.uri, watch.champion.digest)
    timestamp = watch.spec.source.timestamp
    try:
        rows = conform(sample, model.contract, list(dict.fromkeys([*model.features.reads, timestamp])))
    except DataRefused:
        return  # that the columns are gone is said already
    profile = _one_block(with_predictions(model, rows, timestamp), family.profile)
    for signal in drift_signals(family.profile, profile, family.calibration):
        yield replace(signal, kind="prediction")


def _labels(watch: Watch, looked: Looked) -> Iterator[Signal]:
    """Yield how far the labels are from those that the champion learned from; nothing while they are few."""
    family, rows = looked.reference.labels, looked.known.matured
    if family is None or len(rows) < FEWEST_ROWS:
        return
    target = load_artifact(watch.champion.uri, watch.champion.digest).target
    yield from label_signals(family, arrived(rows.labels, rows.times, target, watch.spec.source.timestamp))


def _suspects(watch: Watch, looked: Looked) -> Iterator[Signal]:
    classes = load_artifact(watch.champion.uri, watch.champion.digest).target.codes
    if found := suspects_signal(looked.known.promise, looked.known.matured, classes):
        yield found


def _one_block(rows: pa.Table, like: Profile) -> Profile:
    return take_profile(rows.to_batches(), like.binning, Blocking(1, lambda b: np.zeros(b.num_rows, dtype=np.int64)))
