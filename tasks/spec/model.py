"""A whole spec: what a user may choose, section by section, and the rules that hold between sections."""

import hashlib
import json
import re
from datetime import timedelta

from pydantic import Field, model_validator

from tasks.metrics import Task, names_of, suits
from tasks.spec.candidates import CandidateSpec, Learner, LightGBMSpec
from tasks.spec.clock import RowsClock
from tasks.spec.data import ContractSpec, FeaturesSpec, SourceSpec, WindowSpec
from tasks.spec.gate import GateSpec
from tasks.spec.history import HistorySpec, made_by
from tasks.spec.learning import LabelsSpec, TuningSpec
from tasks.spec.monitoring import DriftSpec, PolicySpec, ScoringSpec
from tasks.spec.notify import NotifySpec
from tasks.spec.promotion import PromotionSpec
from tasks.spec.resources import ResourcesSpec
from tasks.spec.schedule import ScheduleSpec
from tasks.spec.section import Section
from tasks.spec.values import write_duration

_OF_ANOMALIES = ("isolation_forest", "own")


class ModelSpec(Section):
    """Everything that a user may choose for one model."""

    model: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="The name: the same as the file's.")
    owner: str = Field(description="Who answers for it.")
    description: str = ""
    task: Task
    positive: str | int | bool | None = Field(
        None, description="Binary and anomaly only: the value to predict; not needed for true/false and 0/1."
    )
    seed: int = Field(0, ge=0)
    source: SourceSpec
    contract: ContractSpec = ContractSpec()
    window: WindowSpec
    features: FeaturesSpec = FeaturesSpec()
    history: list[HistorySpec] = Field(
        default_factory=list, description="Columns to make of the rows before each row, point in time."
    )
    candidates: list[CandidateSpec] = Field(
        min_length=1, description="Kinds to try; a naive baseline is always tried beside them."
    )
    labels: LabelsSpec = LabelsSpec()
    tuning: TuningSpec | None = Field(None, description="Look for better parameters; not given: the spec's own.")
    gate: GateSpec
    promotion: PromotionSpec = PromotionSpec()
    scoring: ScoringSpec = ScoringSpec()
    drift: DriftSpec = DriftSpec()
    policy: PolicySpec = PolicySpec()
    schedule: ScheduleSpec = ScheduleSpec()
    notify: NotifySpec = NotifySpec()
    resources: ResourcesSpec = ResourcesSpec()

    @property
    def learns_a_median(self) -> bool:
        """Whether some candidate makes absolute errors small."""
        return any(isinstance(one, LightGBMSpec) and one.loss == "absolute" for one in self.candidates)

    @property
    def contract_name(self) -> str:
        return self.contract.name or self.model

    @property
    def learns_unlabelled(self) -> bool:
        """Rows of train need no label to be learned from."""
        return self.task == "anomaly" or any(isinstance(c, Learner) and c.self_training for c in self.candidates)

    @property
    def digest(self) -> str:
        """SHA-256 over the spec's values, whatever their order or comments in the file.

        Without the schedule, who is told and the resources: when runs start, who hears of them, and on how much of a
        machine they run, changes nothing of what they make.
        """
        values = self.model_dump(mode="json", exclude={"schedule", "notify", "resources"})
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()

    @model_validator(mode="after")
    def _metrics_suit_the_task(self) -> "ModelSpec":
        for place, name in (
            ("gate.metric", self.gate.metric),
            *(("gate.floors", f) for f in self.gate.floors),
        ):
            if not suits(name, self.task):
                raise ValueError(f"{place}|{name}|a metric of task {self.task}: {', '.join(names_of(self.task))}")
        return self

    @model_validator(mode="after")
    def _one_is_trained_afresh(self) -> "ModelSpec":
        if all(getattr(candidate, "warm_start", None) for candidate in self.candidates):
            raise ValueError("candidates|warm_start in all of them|at least one without: the first has no champion")
        return self

    @model_validator(mode="after")
    def _kinds_suit_the_task(self) -> "ModelSpec":
        for position, one in enumerate(self.candidates):
            if self.task == "anomaly" and one.kind not in _OF_ANOMALIES:
                raise ValueError(
                    f"candidates[{position}].kind|{one.kind}|with task anomaly {', '.join(_OF_ANOMALIES)}; "
                    'others learn from labels alone: where most rows have one, task = "binary"'
                )
            if self.task != "anomaly" and one.kind == "isolation_forest":
                raise ValueError(
                    f'candidates[{position}].kind|{one.kind}|a kind that learns labels; or task = "anomaly"'
                )
        return self

    @model_validator(mode="after")
    def _classes_are_weighed(self) -> "ModelSpec":
        for position, one in enumerate(self.candidates):
            if not isinstance(one, Learner):
                continue
            if self.task in ("regression", "anomaly") and (one.calibrate != "none" or one.self_training):
                key = "calibrate" if one.calibrate != "none" else "self_training"
                raise ValueError(
                    f"candidates[{position}].{key}|{getattr(one, key)}|none with task {self.task}: it has no "
                    "probabilities"
                )
            if one.self_training and self.window.refit:
                raise ValueError(f"candidates[{position}].self_training|window.refit|either of the two")
        return self

    @model_validator(mode="after")
    def _errors_have_a_size(self) -> "ModelSpec":
        for position, one in enumerate(self.candidates):
            if isinstance(one, LightGBMSpec) and one.loss != "squared" and self.task != "regression":
                raise ValueError(f"candidates[{position}].loss|{one.loss}|none with task {self.task}: for regressions")
        return self

    @model_validator(mode="after")
    def _fairness_is_of_selections(self) -> "ModelSpec":
        if self.gate.fairness.columns and self.task != "binary":
            found = ", ".join(self.gate.fairness.columns)
            raise ValueError(f"gate.fairness.columns|{found}|none with task {self.task}: it selects nobody")
        return self

    @model_validator(mode="after")
    def _features_have_labels_to_learn_from(self) -> "ModelSpec":
        for key in ("text", "target_statistics") if self.task == "anomaly" else ():
            if names := getattr(self.features, key):
                raise ValueError(
                    f"features.{key}|{', '.join(names)}|none with task anomaly: they learn from labels, and most of "
                    "those never come"
                )
        return self

    @model_validator(mode="after")
    def _labels_are_classes(self) -> "ModelSpec":
        if self.labels.suspects != "off" and self.task in ("regression", "anomaly"):
            found = self.labels.suspects
            why = "a number far off may well be right" if self.task == "regression" else "most of its labels never come"
            raise ValueError(f"labels.suspects|{found}|off with task {self.task}: {why}")
        return self

    @model_validator(mode="after")
    def _history_is_made_once(self) -> "ModelSpec":
        made = made_by(self.history)
        for position, section in enumerate(self.history):
            if twice := [name for name in section.names if made.count(name) > 1]:
                raise ValueError(f"history[{position}]|{twice[0]}|each column made once: another section makes it too")
        return self

    @model_validator(mode="after")
    def _checks_divide_the_window(self) -> "ModelSpec":
        if self.drift.every <= timedelta(0) or self.drift.window % self.drift.every:
            raise ValueError(f'drift.every|{write_duration(self.drift.every)}|a part of drift.window, such as "1d"')
        if self.policy.windows > self.policy.of:
            raise ValueError(f"policy.windows|{self.policy.windows}|at most policy.of, {self.policy.of}")
        return self

    @model_validator(mode="after")
    def _database_says_what_to_read(self) -> "ModelSpec":
        if is_database(self.source.uri) == (self.source.table is None and self.source.query is None):
            raise ValueError(
                "source|" + self.source.uri + "|a database URL with either table or query, or files with neither"
            )
        if self.source.table and self.source.query:
            raise ValueError(f"source.query|{self.source.query}|either table or query, not both")
        return self

    @model_validator(mode="after")
    def _only_files_have_an_order(self) -> "ModelSpec":
        counts = self.source.row_number is not None or isinstance(self.source.clock, RowsClock)
        if counts and is_database(self.source.uri):
            raise ValueError("source|row_number or a clock of rows|neither with a database: its rows have no order")
        return self


def is_database(uri: str) -> bool:
    """Say whether ``uri`` is a SQLAlchemy URL, rather than files."""
    return re.match(r"(sqlite|postgresql|mysql|mariadb|oracle|mssql)(\+\w+)?://", uri) is not None
