"""The section of a spec that says what a challenger must pass."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from tasks.spec.section import Section
from tasks.spec.values import Duration, Margin, Share

Mode = Literal["enforce", "warn", "off"]


class GateModes(Section):
    """What each gate's finding does: stop a promotion, stand in the report, or nothing."""

    baseline: Mode = Field(
        "enforce",
        description="The naive baseline must be beaten; of one shown to be better than the champion it only warns.",
    )
    floors: Mode = Field("enforce", description="gate.floors must hold.")
    slices: Mode = Field("enforce", description="No slice may be shown to be worse.")
    leakage: Mode = Field("enforce", description="No feature may give the label away.")
    calibration: Mode = Field("enforce", description="gate.max_calibration_error must hold.")
    fairness: Mode = Field("enforce", description="gate.fairness.max_difference must hold.")
    stability: Mode = Field("enforce", description="gate.max_seed_difference must hold.")
    latency: Mode = Field("enforce", description="gate.max_latency_ms must hold.")
    size: Mode = Field("enforce", description="gate.max_size_mb must hold.")


class FairnessSpec(Section):
    """Whether groups of people are treated alike. Binary tasks only."""

    columns: list[str] = Field(default_factory=list, description="Sensitive columns; none of them need be a feature.")
    threshold: Share = Field(0.5, description="A row is selected when its probability is above this.")
    max_difference: Share | None = Field(
        None, description="How far a group's rate may be from all others'; not given: reported only."
    )


class GateSpec(Section):
    """The rules that a challenger must pass."""

    metric: str = Field(description="Metric that decides, such as roc_auc or precision_at@0.05.")
    rule: Literal["better", "not_worse"] = Field(
        "not_worse", description="not_worse: within the margin; the fresher model wins a tie."
    )
    margin: Margin | None = Field(
        None,
        description="How much worse still counts as not worse, in the metric's unit or as a share of the champion's "
        'value such as "1%"; not given: 0.005 for shares and log loss, 0.001 for the Brier score, 1% for errors.',
    )
    alpha: float = Field(0.05, gt=0, lt=0.5, description="Accepted rate of false promotions.")
    block: Duration | Literal["row"] = Field(
        timedelta(days=1), description='Rows of one such block of time may depend on each other; "row": none do.'
    )
    resamples: int = Field(1000, ge=200, description="Bootstrap resamples behind an interval.")
    min_rows: int = Field(200, ge=2, description="Fewer unseen holdout rows than this decide nothing.")
    max_uses: int | None = Field(
        None, ge=1, description="A row that has judged so often judges no more; not given: it only costs alpha."
    )
    slices: list[str] = Field(default_factory=list, description="Columns on whose values none may get worse.")
    slice_margin: Margin | None = Field(None, description="How much worse a slice may be; not given: twice the margin.")
    min_slice_rows: int = Field(100, ge=2, description="A smaller slice is reported as not testable.")
    search_slices: int = Field(3, ge=0, le=10, description="Worst slices to look for beside the declared ones.")
    floors: dict[str, float] = Field(default_factory=dict, description="Absolute limits, by metric.")
    max_calibration_error: Share | None = Field(
        None, description="Most that probabilities may be shown to be off, on average over rows."
    )
    max_latency_ms: float | None = Field(
        None, gt=0, description="Most milliseconds that one row alone may take, in a fresh process."
    )
    max_size_mb: float | None = Field(None, gt=0, description="Most megabytes that the artifact may have.")
    max_seed_difference: float | None = Field(
        None, gt=0, description="Most that another seed may change gate.metric; trains the chosen kind twice."
    )
    fairness: FairnessSpec = FairnessSpec()
    modes: GateModes = GateModes()
