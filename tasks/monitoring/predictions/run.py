"""One scoring as a whole: what its steps are given, and the model's log that it has to itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tasks.data.atomic import remove_unfinished
from tasks.data.contract import Contract
from tasks.data.history.contract import contract_of
from tasks.data.window import Window, as_utc, write_time
from tasks.environment import prepare_environment
from tasks.errors import SettingsError
from tasks.monitoring.predictions.eligible import rows_folder
from tasks.monitoring.predictions.scorer import Scorer, champion_of, shadow_of
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.entries import Entry
from tasks.release.ledger.leases import Lease, leased, require
from tasks.release.ledger.work_records import Scored
from tasks.settings import Settings, load_settings
from tasks.spec import ModelSpec, load_spec

_FIRST_WINDOW = timedelta(days=1)


@dataclass(frozen=True)
class ScoringRun:
    """What every step of one scoring is given."""

    spec: ModelSpec
    contract: Contract
    settings: Settings
    window: Window
    as_of: datetime
    champion: Scorer
    shadow: Scorer | None
    """None: the spec asks for none, or nothing awaits a person."""
    ledger: Ledger
    lease: Lease
    """The right to be the one that writes this model's log."""

    def require_lease(self) -> None:
        """Raise LeaseLost when another process has taken the scoring over."""
        with self.ledger.deciding() as page:
            require(page, self.lease)


@dataclass(frozen=True)
class Asked:
    """What a person asks for; None: from where the last scoring ended, to ``as_of``, which is now."""

    start: datetime | None = None
    end: datetime | None = None
    as_of: datetime | None = None


@contextmanager
def open_scoring(model: str, asked: Asked) -> Iterator[ScoringRun]:
    """Give one scoring its spec, its window, its champion, and the model's log to itself.

    Raises:
        RegistryError: there is no champion.
        ModelBusy: another process scores this model.
    """
    settings = load_settings()
    prepare_environment(settings)
    spec = load_spec(model, settings.specs)
    contract = contract_of(spec, settings.contracts)
    with score_alone(spec, contract, settings, asked=asked) as run:
        yield run


@contextmanager
def score_alone(spec: ModelSpec, contract: Contract, settings: Settings, *, asked: Asked) -> Iterator[ScoringRun]:
    """Give one scoring its window, its champion, and the model's log to itself."""
    ledger, as_of = Ledger(settings.ledger), as_utc(asked.as_of or datetime.now(UTC))
    champion_of(ledger.entries(spec.model), spec.model)  # before the lease: without one there is nothing to wait for
    with leased(ledger, spec.model, "scoring") as lease:
        remove_unfinished(rows_folder(settings, spec.model))
        entries = ledger.entries(spec.model)
        yield ScoringRun(
            spec=spec,
            contract=contract,
            settings=settings,
            window=window_of(asked, as_of, entries),
            as_of=as_of,
            champion=champion_of(entries, spec.model),
            shadow=shadow_of(entries) if spec.scoring.shadow else None,
            ledger=ledger,
            lease=lease,
        )


def window_of(asked: Asked, as_of: datetime, entries: list[Entry]) -> Window:
    """Return the window to score: by default from the end of what was scored last to ``as_of``.

    Raises:
        SettingsError: the window that was asked for ends after ``as_of``, or before it starts.
    """
    end = as_utc(asked.end) if asked.end else as_of
    start = as_utc(asked.start) if asked.start else min(_last_end(entries) or end - _FIRST_WINDOW, end)
    if end > as_of:
        raise SettingsError(f"to: found {write_time(end)}; allowed: at most as-of, {write_time(as_of)}")
    if start > end:
        raise SettingsError(
            f"from: found {write_time(start)}; allowed: before {write_time(end)}, where the window ends"
        )
    return Window(start, end)


def _last_end(entries: list[Entry]) -> datetime | None:
    return max((entry.what.end for entry in entries if isinstance(entry.what, Scored)), default=None)
