"""Who scores: the champion, or the newest proposed version in its shadow."""

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.data.contract import Contract
from tasks.data.known import known_columns
from tasks.errors import ContractError, RegistryError, SpecError
from tasks.release.artifact import Model, load_artifact
from tasks.release.ledger.entries import Entry
from tasks.release.ledger.standing import standing
from tasks.spec import ModelSpec


@dataclass(frozen=True)
class Scorer:
    """A version of a model, by reference."""

    version: int
    artifact: str
    """The digest,"""
    uri: str
    """and the folder."""


def champion_of(entries: Sequence[Entry], model: str) -> Scorer:
    """Return the champion of ``model``; raise RegistryError when there is none."""
    champion = standing(entries).champion
    if champion is None:
        raise RegistryError(
            f"{model}: there is no champion to score with; allowed: a model with an approved version. "
            f"Train one, perennial train {model}, and approve it"
        )
    return Scorer(champion.version, champion.artifact, champion.artifact_uri)


def shadow_of(entries: Sequence[Entry]) -> Scorer | None:
    """Return the newest version that awaits a person; None: none does."""
    pending = standing(entries).pending
    if not pending:
        return None
    newest = pending[-1].proposed
    return Scorer(newest.version, newest.evidence.artifact, newest.where.artifact)


def load_scorer(scorer: Scorer, spec: ModelSpec, contract: Contract) -> Model:
    """Return the model, every byte of it checked; raise when it cannot score rows of this spec and contract."""
    model = load_artifact(scorer.uri, scorer.artifact)
    if (model.task, model.target.name) != (spec.task, spec.source.target):
        raise SpecError(
            f"deployments/{spec.model}.toml: version {scorer.version} predicts {model.target.name} ({model.task}), and "
            f"this spec {spec.source.target} ({spec.task}). Another question is another model: give it another name"
        )
    if gone := sorted(set(model.features.reads) - set(known_columns(spec, contract))):
        raise ContractError(
            f"version {scorer.version} of {spec.model} reads {', '.join(gone)}: not among the columns of "
            f"{contract.file} that are known at prediction time; keep them for as long as it is in use"
        )
    return model
