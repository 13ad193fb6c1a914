"""One training as a whole: what its steps are given, and the model that it has to itself."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from tasks.data.atomic import remove_unfinished
from tasks.data.contract import Contract, check_contract, load_contract, read_contract
from tasks.data.window import as_utc
from tasks.release.challenger import Recipe
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.leases import Lease, leased
from tasks.release.registrar import Registrar
from tasks.settings import Settings, load_settings, prepare_environment
from tasks.spec import ModelSpec, load_spec

Reason = Literal["schedule", "drift", "performance", "manual", "replay"]


@dataclass(frozen=True)
class TrainingRun:
    """What every step of one training is given."""

    spec: ModelSpec
    contract_file: str
    contract_text: str
    """Read once: an edit while the run is going on changes nothing in it."""
    settings: Settings
    as_of: datetime
    reason: Reason
    folder: Path
    registrar: Registrar
    """The registry, kept by another process."""
    ledger: Ledger
    lease: Lease
    """The right to be the one that trains this model."""

    @property
    def contract(self) -> Contract:
        return read_contract(self.contract_text, self.contract_file)

    @property
    def recipe(self) -> Recipe:
        return Recipe(self.spec, self.contract, self.settings.threads)


@contextmanager
def open_training(model: str, reason: Reason, as_of: datetime | None) -> Iterator[TrainingRun]:
    """Give one training its spec, its folder, its registrar, and the model to itself."""
    settings = load_settings()
    prepare_environment(settings)
    spec = load_spec(model, settings.specs)
    contract = load_contract(spec.contract_name, settings.contracts)
    check_contract(contract, spec)
    home, ledger = settings.of(model), Ledger(settings.ledger)
    with leased(ledger, model, "training") as lease, Registrar(settings) as registrar:
        for place in ("raw", "rows", "quarantine"):
            remove_unfinished(home / place)
        yield TrainingRun(
            spec=spec,
            contract_file=contract.file,
            contract_text=contract.text,
            settings=settings,
            as_of=as_utc(as_of) if as_of else datetime.now(UTC),
            reason=reason,
            folder=_new_folder(home / "runs"),
            registrar=registrar,
            ledger=ledger,
            lease=lease,
        )


def _new_folder(place: Path) -> Path:
    folder = place / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{os.getpid()}"
    folder.mkdir(parents=True)
    return folder
