"""What triage says."""

from dataclasses import dataclass
from typing import Literal, get_args

Action = Literal["fix_the_data", "retrain", "wait", "watch", "nothing"]
Trouble = Literal[
    "missing_column",
    "null_surge",
    "frozen_column",
    "swapped_columns",
    "unit_change",
    "renamed_category",
    "vanished_category",
    "clock_shift",
    "duplicated_load",
    "missing_rows",
    "quarantined_rows",
    "label_delay",
    "loss_unknown",
    "passing",
    "suspect_column",
    "season",
    "abrupt_drift",
    "gradual_drift",
    "covariate_shift",
    "untold",
    "quiet",
]
BROKEN: frozenset[Trouble] = frozenset(get_args(Trouble)[: get_args(Trouble).index("label_delay")])
"""A feed that is broken: no training mends it, and one on its rows makes it worse."""


@dataclass(frozen=True)
class Finding:
    """One trouble, and what to do about it."""

    kind: Trouble
    action: Action
    columns: tuple[str, ...]
    """Empty: it is about rows, or about the model."""
    share: float
    """Of the rows, how many are affected: 0 to 1."""
    confidence: float
    """How well it explains what is seen: 0 to 1. It orders findings, and is no probability."""
    sentence: str


@dataclass(frozen=True)
class Diagnosis:
    """What to do, and why: the worst finding, with all others behind it."""

    action: Action
    kind: Trouble
    columns: tuple[str, ...]
    sentence: str
    confidence: float
    findings: tuple[Finding, ...]
    """Worst first."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """All that was found, in words."""
        return tuple(finding.sentence for finding in self.findings)
