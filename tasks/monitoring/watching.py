"""One look at a champion in use: windows → signals."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from tasks.data.contract import Contract
from tasks.data.conversion import conform
from tasks.data.history.contract import contract_of
from tasks.data.window import Window, as_utc
from tasks.errors import DataRefused
from tasks.monitoring.check import earlier_checks
from tasks.monitoring.drift import drift_signals, volume_signal
from tasks.monitoring.kept import ReferenceWindow
from tasks.monitoring.label_drift import arrived, label_signals
from tasks.monitoring.label_suspects import suspects_signal
from tasks.monitoring.multivariate import multivariate_signal, separate
from tasks.monitoring.performance import FEWEST_ROWS, Known, known_in, realised
from tasks.monitoring.predictions.restricted import restrict
from tasks.monitoring.profile.profile import Blocking, Profile, take_profile
from tasks.monitoring.realised import Realised
from tasks.monitoring.reference import (
    MULTIVARIATE,
    PERFORMANCE,
    YEAR,
    Maker,
    reference_of,
    with_predictions,
)
from tasks.monitoring.signal import Signal
from tasks.monitoring.triage import Checked
from tasks.monitoring.upkeep import Broken, age_signal, broken_rows, performance_signal, upkeep_signals
from tasks.monitoring.windows import Grid, Seen, Watcher
from tasks.release.artifact import load_artifact
from tasks.release.in_use import InUse, in_use
from tasks.release.ledger.book import Ledger
from tasks.settings import Settings, load_settings, prepare_environment
from tasks.spec import ModelSpec, load_spec

CHECKS = "checks"
"""Folder of what became of each check."""


@dataclass(frozen=True)
class Watch:
    """What every step of one check is given."""

    spec: ModelSpec
    contract: Contract
    settings: Settings
    as_of: datetime
    champion: InUse
    ledger: Ledger

    past: tuple[Checked, ...]
    """What became of earlier checks of this champion, oldest first."""

    @property
    def checks(self) -> Path:
        """Where the model's checks are kept."""
        return self.settings.of(self.spec.model) / CHECKS

    @property
    def window(self) -> Window:
        return Window(self.as_of - self.spec.drift.window, self.as_of)

    @property
    def maker(self) -> Maker:
        return Maker(self.spec, self.settings, self.champion)

    def grid(self, back: timedelta = timedelta(0)) -> Grid:
        """Return the blocks of the window that ends so long before ``as_of``."""
        return Grid(self.as_of - back, self.spec.drift.every, self.spec.drift.window // self.spec.drift.every)


@dataclass(frozen=True)
class Looked:
    """What was seen at one check."""

    reference: ReferenceWindow
    current: Seen
    before: Seen
    """The window as long, just before; or the last one before the feed broke: a fault that stays is no norm."""
    year_ago: Seen
    """That of a year before, and the one after it."""
    broken: Broken
    known: Known
    realised: Realised


@contextmanager
def open_watch(model: str, as_of: datetime | None) -> Iterator[Watch]:
    """Give one check its spec, its contract and its champion.

    Raises:
        RegistryError: there is no champion.
    """
    settings = load_settings()
    prepare_environment(settings)
    spec = load_spec(model, settings.specs)
    contract = contract_of(spec, settings.contracts)
    yield watch_of(spec, contract, settings, as_of=as_utc(as_of) if as_of else datetime.now(UTC))


def watch_of(spec: ModelSpec, contract: Contract, settings: Settings, *, as_of: datetime) -> Watch:
    """Return what a check as of then is given: the champion, and what became of its earlier checks.

    Raises:
        RegistryError: there is no champion.
    """
    ledger = Ledger(settings.ledger)
    champion = in_use(ledger.entries(spec.model), spec.model)
    past = earlier_checks(settings.of(spec.model) / CHECKS, version=champion.version, before=as_of)
    return Watch(spec, contract, settings, as_of, champion, ledger, past)


def look(watch: Watch) -> Looked:
    """Read the windows that a check compares; of the source, never more than these."""
    reference = reference_of(watch.maker)
    watcher, binning = Watcher(watch.spec, watch.contract, watch.settings), reference.inputs.profile.binning
    length = watch.spec.drift.window
    current = watcher.see(binning, watch.grid())
    inputs = restrict(watch.contract, watch.contract.names("feature", "identifier"))
    known = _known(watch)
    return Looked(
        reference=reference,
        current=current,
        before=watcher.see(binning, watch.grid(back=watch.as_of - _last_whole(watch))),
        year_ago=watcher.see(binning, _twice(watch.grid(back=timedelta(days=365) - length))),
        broken=broken_rows(current, inputs),
        known=known,
        realised=realised(watch.spec, known.found, promise=known.promise, maturity=known.maturity),
    )


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


def _last_whole(watch: Watch) -> datetime:
    """Return the end of the last window before the current one in which no check found a broken feed."""
    length = watch.spec.drift.window
    end = watch.as_of - length
    for check in reversed(watch.past):
        if check.action == "fix_the_data" and check.as_of > end - length:
            end = min(end, check.as_of - length)
    return end


def _twice(grid: Grid) -> Grid:
    return Grid(grid.end, grid.every, 2 * grid.blocks)


def _chance(spec: ModelSpec, share: float) -> float:
    """Return the chance of a false alarm in one window that ``share`` of those put up with leave to a signal."""
    return min(spec.drift.alarms_per_year * share * (spec.drift.window / YEAR), 0.5)


def _known(watch: Watch) -> Known:
    """Return what came of predictions in the newest window whose labels can have arrived."""
    end = watch.as_of - watch.spec.source.label_delay
    window = Window(end - watch.maker.matured, end)
    return known_in(watch.spec, watch.contract, watch.settings, window=window, as_of=watch.as_of)


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
