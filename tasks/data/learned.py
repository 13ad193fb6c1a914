"""The features that learn from labels: which columns the spec names, and what was fitted of each."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from tasks.data.contract import Contract
from tasks.data.digest import canonical_type
from tasks.data.free_text import FittedText, fit_text
from tasks.data.outcomes import Outcomes
from tasks.data.target_statistics import FittedStatistics, fit_statistics
from tasks.errors import SpecError
from tasks.spec import ModelSpec


@dataclass(frozen=True)
class Learned:
    """What was fitted on the labels of train."""

    texts: tuple[FittedText, ...] = ()
    statistics: tuple[FittedStatistics, ...] = ()

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> "Learned":
        return cls(
            tuple(FittedText.from_json(one) for one in found.get("texts", ())),
            tuple(FittedStatistics.from_json(one) for one in found.get("statistics", ())),
        )

    @property
    def columns(self) -> tuple[FittedText | FittedStatistics, ...]:
        """Each column, in the order of the matrix."""
        return (*self.texts, *self.statistics)


def fit_learned(made: pa.Table, spec: ModelSpec, contract: Contract, outcomes: Outcomes | None) -> Learned:
    """Return what the rows of train, with these ``outcomes``, say of the columns that the spec names.

    ``made`` has the columns known at prediction time, with those that the contract's feature code makes of them.

    Raises:
        SpecError: one of them is not there, or cannot be learned from so.
    """
    wanted = spec.features
    if not wanted.learn_from_labels:
        return Learned()
    assert outcomes is not None, "features that learn from labels are fitted with them"
    for key in ("text", "target_statistics"):
        for name in getattr(wanted, key):
            _check(key, name, made, spec, contract)
    return Learned(
        tuple(fit_text(name, made.column(name), outcomes, wanted.ngrams) for name in wanted.text),
        tuple(fit_statistics(name, made.column(name), outcomes, wanted.smoothing) for name in wanted.target_statistics),
    )


def is_text(kind: pa.DataType) -> bool:
    """Say whether a column holds text."""
    return bool(pa.types.is_dictionary(canonical_type(kind)))


def _check(key: str, name: str, made: pa.Table, spec: ModelSpec, contract: Contract) -> None:
    """Raise the error that says why column ``name`` cannot be one of ``features.key``."""
    place = f"deployments/{spec.model}.toml: features.{key}: found {name!r}"
    if name not in made.column_names:
        raise SpecError(f"{place}; allowed: a column known at prediction time: {', '.join(made.column_names)}")
    if name in contract.names("identifier"):
        raise SpecError(
            f"{place}, an identifier by {contract.file}: never learned from; allowed: a feature. Take its role away "
            "there"
        )
    if name in (spec.source.timestamp, spec.source.group) or spec.source.key == [name]:
        raise SpecError(f"{place}, which says when or which a row is; allowed: a column that describes it")
    kind = made.column(name).type
    if key == "text" and not is_text(kind):
        raise SpecError(f"{place}, a {kind}; allowed: a column of text")
    if key == "target_statistics" and (pa.types.is_floating(kind) or pa.types.is_temporal(kind)):
        raise SpecError(f"{place}, a {kind}; allowed: text, whole numbers, true/false, of which values come again")
