"""Who proposes or decides on amendments, on whose desk, and who may."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tasks.errors import DecisionRefused
from tasks.release.ledger.book import Ledger
from tasks.settings import Settings
from tasks.spec import ModelSpec

_FOLDER = "amendments"
"""Folder of what was proposed, in a model's home."""


@dataclass(frozen=True)
class Person:
    """Who proposes or decides, and when."""

    name: str
    identified: bool
    """MLflow knows them by their own password; else the name is what somebody typed."""
    at: datetime
    reason: str = ""


@dataclass(frozen=True)
class Desk:
    """Where amendments are proposed and decided on."""

    spec: ModelSpec
    settings: Settings
    ledger: Ledger

    @property
    def folder(self) -> Path:
        return self.settings.of(self.spec.model) / _FOLDER

    @property
    def file(self) -> Path:
        """The contract's file itself, whatever links to it."""
        return (self.settings.contracts / f"{self.spec.contract_name}.py").resolve()


def check_named(by: Person) -> None:
    """Raise DecisionRefused unless somebody is named."""
    if not by.name.strip():
        raise DecisionRefused("nobody is named; a decision needs the name of whoever takes it")


def check_may_decide(desk: Desk, by: Person) -> None:
    """Raise DecisionRefused unless ``by`` is one of those who may decide."""
    check_named(by)
    approvers = desk.spec.promotion.approvers
    if approvers and by.name not in approvers:
        raise DecisionRefused(f"{by.name} may not decide on this model; promotion.approvers: {', '.join(approvers)}")
