"""One training as a whole: what its steps are given, and the model that it has to itself."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from tasks.data.atomic import remove_unfinished
from tasks.data.code import Source
from tasks.data.contract import Contract, read_contract
from tasks.data.history.contract import contract_of, with_history
from tasks.data.window import as_utc
from tasks.environment import prepare_environment
from tasks.learning.checkpoints import Checkpoints
from tasks.learning.estimator import require
from tasks.learning.own.source import read_sources
from tasks.release import requests
from tasks.release.challenger import Recipe, checkpoints_of
from tasks.release.charging import Charge, charged
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.leases import Lease
from tasks.release.metering import Meter
from tasks.release.registrar import Registrar
from tasks.release.requests import Due, Idle, Turn
from tasks.settings import Settings, load_settings
from tasks.spec import ModelSpec, load_spec

Reason = Literal["schedule", "drift", "performance", "manual", "replay"]


@dataclass(frozen=True)
class TrainingRun:
    """What every step of one training is given."""

    spec: ModelSpec
    contract_file: str
    contract_text: str
    """Read once: an edit while the run is going on changes nothing in it."""
    sources: Mapping[str, Source]
    """The files of the user's own estimators, by module; likewise."""
    settings: Settings
    as_of: datetime
    reason: Reason
    folder: Path
    registrar: Registrar
    """The registry, kept by another process."""
    ledger: Ledger
    lease: Lease
    """The right to be the one that trains this model."""
    meter: Meter
    due: Due | None = None
    """The request that the verdict answers; None: nothing asked."""

    @property
    def contract(self) -> Contract:
        return with_history(read_contract(self.contract_text, self.contract_file), self.spec)

    @property
    def recipe(self) -> Recipe:
        home, price = self.settings.of(self.spec.model), self.settings.price
        return Recipe(
            spec=self.spec,
            contract=self.contract,
            threads=self.settings.threads,
            checkpoints=Checkpoints(checkpoints_of(home)),
            studies=home / "studies",
            price_per_hour=price.per_hour if price else None,
            sources=self.sources,
        )


@contextmanager
def open_training(
    model: str, reason: Reason, as_of: datetime | None, request: int | None = None, *, now: datetime | None = None
) -> Iterator[TrainingRun | Idle]:
    """Give one training its spec, its folder, its registrar, and the model to itself.

    One that was started for a ``request`` has the request's reason, and its ``as_of`` unless it is given one; or it
    is told why there is nothing to do. With neither, ``now`` is what may be known: a run that is begun again after a
    crash says when it was first begun, so that it reads the same rows and goes on from its checkpoints.

    Raises:
        SpecError: a candidate asks for what this machine does not have.
        ModelBusy: the model is being trained already, and no request asked for this training.
    """
    settings = load_settings()
    prepare_environment(settings)
    spec = load_spec(model, settings.specs)
    contract = contract_of(spec, settings.contracts)
    require(spec)
    sources = read_sources(spec, settings.project)
    home, ledger, run = settings.of(model), Ledger(settings.ledger), _run_name()
    with requests.turn(ledger, model, request, run) as turn:
        if isinstance(turn, Idle):
            yield turn
            return
        moment = _moment(turn, as_of, now or datetime.now(UTC))
        why = turn.asked.reason if turn.asked else reason
        with charged(ledger, model, Charge(run, why), settings.price) as meter, Registrar(settings) as registrar:
            for place in ("raw", "rows", "quarantine"):
                remove_unfinished(home / place)
            yield TrainingRun(
                spec=spec,
                contract_file=contract.file,
                contract_text=contract.text,
                sources=sources,
                settings=settings,
                as_of=moment,
                reason=why,
                folder=_new_folder(home / "runs" / run),
                registrar=registrar,
                ledger=ledger,
                lease=turn.lease,
                meter=meter,
                due=requests.due(turn, moment),
            )


def _moment(turn: Turn, as_of: datetime | None, now: datetime) -> datetime:
    if as_of:
        return as_utc(as_of)
    return turn.asked.as_of if turn.asked else now


def _run_name() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{os.getpid()}"


def _new_folder(place: Path) -> Path:
    place.mkdir(parents=True)
    return place
