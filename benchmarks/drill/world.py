"""A small world to drill in: real trainings of the shipped model, and a copy of its databases for each trial."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import cast

from benchmarks.drill.postgres import copy_to_postgres
from deployments.stack.servers import prefect_server
from tasks.environment import prepare_environment
from tasks.release import promotion, proposing, record
from tasks.release.artifact import verify
from tasks.release.decisions import Decision
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.leases import Lease, leased
from tasks.release.ledger.standing import Standing, standing
from tasks.release.metering import unmetered
from tasks.release.office import Office
from tasks.release.proposing import Trained
from tasks.release.registrar import Registrar
from tasks.release.registrar_process import Followed
from tasks.release.registry import Registry
from tasks.release.run import TrainingRun
from tasks.release.versions import Recorded, Training, Version
from tasks.settings import Settings, load_settings
from tasks.spec import load_spec

MODEL = "flight_delay"
AS_OF = tuple(datetime(2013, 2, day, tzinfo=UTC) for day in (14, 21, 28))
_EASY = {
    "margin = 0.005": "margin = 0.5",
    "floors = { roc_auc = 0.60 }": "",
    'validation = "14d"': 'validation = "7d"',
    'holdout = "14d"': 'holdout = "7d"',
    "[gate]": '[gate.modes]\nslices = "off"\n\n[gate]',
}
"""A spec by which each of three trainings, a week apart, may be promoted."""


class RegistryHere:
    """The registry in this process, so that what MLflow does is watched and killed as well."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._registry = Registry(settings)

    def follow(self, model: str) -> Followed:
        with Ledger(self._settings.ledger).deciding() as page:
            champion = standing(page.entries(model)).champion
            number = champion.version if champion else None
            return Followed(self._registry.follow(model, number), number)

    def alias(self, model: str) -> int | None:
        return self._registry.alias(model)

    def version(self, model: str, number: int) -> Version:
        return self._registry.version(model, number)

    def again(self, model: str, number: int) -> int:
        """Register the files of version ``number`` once more, and return the new number."""
        import mlflow

        client = mlflow.MlflowClient()
        like = client.get_model_version(model, str(number))
        return int(client.create_model_version(model, like.source, like.run_id, tags=like.tags).version)

    def record(self, training: Training) -> Recorded:
        return self._registry.record(training)


@dataclass(frozen=True)
class World:
    """Version 1 was champion, version 2 is, and version 3 has been trained and awaits a person."""

    settings: Settings
    trained: Trained
    """The third training."""
    server: str | None = None
    """A PostgreSQL server to keep ledgers in; None: SQLite, in the home folder."""

    @cached_property
    def registry(self) -> RegistryHere:
        """The registry of this world; a process opens its own."""
        return RegistryHere(self.settings)

    def office(self) -> Office:
        spec = load_spec(MODEL, self.settings.specs)
        return Office(self.settings, spec, Ledger(self.settings.ledger), self.registry, verify_here)

    def standing(self) -> Standing:
        return standing(Ledger(self.settings.ledger).entries(MODEL))

    def elsewhere(self, home: Path) -> "World":
        """Return the same world with databases of its own; the files, which nobody changes, are shared."""
        home.mkdir(parents=True)
        shutil.copy(self.settings.home / "mlflow.db", home / "mlflow.db")
        if self.server is None:
            shutil.copy(self.settings.home / "ledger.db", home / "ledger.db")
            url = None
        else:
            url = copy_to_postgres(self.settings.home / "ledger.db", self.server)
        return replace(self, settings=replace(self.settings, home=home, ledger_url=url))


def verify_here(_: Settings, uri: str, digest: str) -> None:
    """Verify in this process: the drill starts thousands of times, and what it drills is what comes after."""
    verify(uri, digest)


def build(home: Path) -> World:
    """Train three times, and approve the first two."""
    os.environ |= {"PERENNIAL_HOME": str(home), "PERENNIAL_PROJECT": str(_project(home.with_name("project")))}
    settings = load_settings()
    settings.home.mkdir(parents=True)
    prepare_environment(settings, quiet_console=True)
    with prefect_server(settings) as api:
        os.environ["PREFECT_API_URL"] = api
        from flows.training import run_training

        for as_of in AS_OF:
            trained = run_training(MODEL, "manual", as_of)
            world = World(settings, trained)
            assert trained.version is not None, trained.verdict.reasons
            if as_of != AS_OF[-1]:
                promotion.decide(world.office(), "approve", says(trained.version.number))
    return world


def _project(folder: Path) -> Path:
    """Copy the shipped model into a project of its own, with a spec that is easily content."""
    shipped = load_settings().project
    text = (shipped / "deployments" / f"{MODEL}.toml").read_text(encoding="utf-8")
    for strict, easy in _EASY.items():
        assert strict in text
        text = text.replace(strict, easy, 1)
    for name in ("deployments", "data_contracts"):
        (folder / name).mkdir(parents=True)
    (folder / "deployments" / f"{MODEL}.toml").write_text(text, encoding="utf-8")
    shutil.copy(shipped / "data_contracts" / f"{MODEL}.py", folder / "data_contracts")
    return folder


def says(version: int) -> Decision:
    return Decision(version, "the drill", "a drill", datetime.now(UTC))


def approve(world: World) -> None:
    promotion.decide(world.office(), "approve", says(3))


def reject(world: World) -> None:
    promotion.decide(world.office(), "reject", says(3))


def roll_back(world: World) -> None:
    promotion.decide(world.office(), "roll back", says(1))


def propose(world: World) -> None:
    """The end of a training: register, and propose what was registered."""
    office = world.office()
    with leased(office.ledger, MODEL, "training") as lease:
        training = record.describe(world.trained.subject, world.trained.judged, cost={})
        recorded = world.registry.record(training)
        proposing.propose(_run(office, lease), replace(world.trained, recorded=recorded))


def _run(office: Office, lease: Lease) -> TrainingRun:
    return TrainingRun(
        spec=office.spec,
        contract_file="",
        contract_text="",
        sources={},
        settings=office.settings,
        as_of=AS_OF[-1],
        reason="manual",
        folder=office.settings.home,
        registrar=cast("Registrar", office.registrar),  # it is asked for nothing but to follow
        ledger=office.ledger,
        lease=lease,
        meter=unmetered(),
    )


OPERATIONS: dict[str, Callable[[World], None]] = {
    "propose": propose,
    "approve": approve,
    "reject": reject,
    "roll back": roll_back,
}
