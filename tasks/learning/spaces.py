"""Which parameters of each kind are looked for, and between which limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tasks.spec import CandidateSpec

Parameters = dict[str, float | int]


@dataclass(frozen=True)
class Range:
    """The limits of one parameter; both can be drawn."""

    name: str
    low: float
    high: float
    log: bool = True
    """Drawn evenly by order of magnitude."""
    whole: bool = False

    def clip(self, value: float) -> float | int:
        """Return the nearest value that can be drawn."""
        near = min(max(value, self.low), self.high)
        return round(near) if self.whole else near


SPACES: Mapping[str, tuple[Range, ...]] = {
    "linear": (Range("penalty", 1e-3, 1e4),),
    "lightgbm": (
        Range("learning_rate", 0.02, 0.3),
        Range("leaves", 7, 255, whole=True),
        Range("min_leaf_rows", 5, 500, whole=True),
        Range("feature_share", 0.3, 1.0, log=False),
        Range("l2", 1e-2, 100),
    ),
    "network": (
        Range("learning_rate", 1e-4, 1e-2),
        Range("width", 32, 256, whole=True),
        Range("dropout", 0.0, 0.5, log=False),
        Range("weight_decay", 1e-4, 0.1),
    ),
}
"""To tune another kind: a line here, with the names of its spec's keys."""


def parameters_of(candidate: CandidateSpec) -> Parameters:
    """Return the parameters that ``candidate`` has of its space, within the limits."""
    return {one.name: one.clip(getattr(candidate, one.name)) for one in SPACES[candidate.kind]}


def with_parameters(candidate: CandidateSpec, parameters: Mapping[str, Any]) -> CandidateSpec:
    """Return ``candidate`` with other parameters, checked as a spec's are."""
    return type(candidate).model_validate({**candidate.model_dump(), **parameters})
