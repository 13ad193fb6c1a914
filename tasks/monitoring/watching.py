"""One look at a champion in use: what a check is given, and the windows that it reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tasks.data.contract import Contract
from tasks.data.history.contract import contract_of
from tasks.data.window import Window, as_utc
from tasks.environment import prepare_environment
from tasks.monitoring.check import earlier_checks
from tasks.monitoring.kept import ReferenceWindow
from tasks.monitoring.performance import Known, known_in, realised
from tasks.monitoring.predictions.restricted import restrict
from tasks.monitoring.realised import Realised
from tasks.monitoring.reference import Maker, reference_of
from tasks.monitoring.triage import Checked
from tasks.monitoring.upkeep import Broken, broken_rows
from tasks.monitoring.windows import Grid, Seen, Watcher
from tasks.release.in_use import InUse, in_use
from tasks.release.ledger.book import Ledger
from tasks.settings import Settings, load_settings
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


def _known(watch: Watch) -> Known:
    """Return what came of predictions in the newest window whose labels can have arrived."""
    end = watch.as_of - watch.spec.source.label_delay
    window = Window(end - watch.maker.matured, end)
    return known_in(watch.spec, watch.contract, watch.settings, window=window, as_of=watch.as_of)
