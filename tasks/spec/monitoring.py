"""The sections of a spec about watching a champion, and about when to train again."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from tasks.spec.section import Section
from tasks.spec.values import Duration


class ScoringSpec(Section):
    """How rows are scored."""

    shadow: bool = Field(
        False, description="The newest proposed version scores the same rows beside the champion, for comparison only."
    )


class DriftSpec(Section):
    """What is watched, and how often an alarm may be false."""

    window: Duration = Field(timedelta(days=7), description="Length of the current window.")
    every: Duration = Field(timedelta(days=1), description="Time between two checks; it divides the window.")
    alarms_per_year: float = Field(2.0, gt=0, le=365, description="False alarms a year that are put up with.")
    ignore: list[str] = Field(default_factory=list, description="Columns that are not watched.")
    multivariate: bool = Field(
        True, description="Also ask a classifier whether it can tell the current window from the reference."
    )


class PolicySpec(Section):
    """When to train again."""

    retrain: Literal["never", "every", "on_drift", "on_performance", "on_gain"] = Field(
        "on_drift", description="What leads to a request for a retraining, once triage says retrain."
    )
    every: Duration = Field(
        timedelta(days=7),
        description='With retrain = "every": the age of the last training; with "on_gain": the least time between two; '
        'with "on_drift" and "on_performance": when the first training follows one that was asked for.',
    )
    windows: int = Field(2, ge=1, description="So many of the last `of` checks must ask for it.")
    of: int = Field(3, ge=1, description="How many of the last checks are looked at.")
    cooldown: Duration = Field(timedelta(days=3), description="No request so soon after a training.")
    retrains_a_month: int = Field(4, ge=0, description="Requests within 30 days; when they are spent, it says so.")
    training_cost: float = Field(
        0.0, ge=0, description='With retrain = "on_gain": what a training and its review cost.'
    )
    loss_price: float = Field(
        0.0, ge=0, description='With retrain = "on_gain": what a loss of 1 in the gate\'s metric costs on one row.'
    )
