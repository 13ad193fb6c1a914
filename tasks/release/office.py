"""Where one model's decisions are taken: its spec, its ledger, and the registry that follows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from tasks.environment import prepare_environment
from tasks.release.evidence import verify_in_fresh_process
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.standing import Standing, standing
from tasks.release.registrar import Registrar
from tasks.release.registrar_process import Followed
from tasks.settings import Settings, load_settings
from tasks.spec import ModelSpec, load_spec


class Follower(Protocol):
    """What has MLflow's alias follow the ledger."""

    def follow(self, model: str) -> Followed: ...


@dataclass(frozen=True)
class Office:
    """What taking a decision needs."""

    settings: Settings
    spec: ModelSpec
    ledger: Ledger
    registrar: Follower
    verify: Callable[[Settings, str, str], None] = verify_in_fresh_process
    """Raises ArtifactDamaged unless the artifact, by folder and digest, predicts what it did when it was written."""

    @property
    def model(self) -> str:
        return self.spec.model

    def standing(self) -> Standing:
        return standing(self.ledger.entries(self.model))


@contextmanager
def open_office(model: str) -> Iterator[Office]:
    """Open the office of ``model`` for the length of the block."""
    settings = load_settings()
    prepare_environment(settings)
    spec = load_spec(model, settings.specs)
    ledger = Ledger(settings.ledger)
    with Registrar(settings) as registrar:
        yield Office(settings, spec, ledger, registrar)
