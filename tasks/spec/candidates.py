"""The kinds of model that a spec may try, and what may be chosen for each."""

import re
from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from tasks.spec.section import Section


class LastValueSpec(Section):
    kind: Literal["last_value"]
    by: list[str] = Field([], description="Features that together say whose last value it is; none: that of all rows.")
    rows: int = Field(1, ge=1, description="How many of the newest labels are averaged.")


class SeasonalSpec(Section):
    kind: Literal["seasonal"]
    by: list[str] = Field(
        min_length=1, description="Features that make a season: parts of features.calendar, and others if you like."
    )


class SelfTrainingSpec(Section):
    threshold: float = Field(
        0.95, gt=0.5, lt=1, description="Probability from which on a class is taken for the label."
    )
    rounds: int = Field(3, ge=1, description="Most times that rows are given labels anew.")


class Learner(Section):
    """What all kinds that learn can be asked for, when the target is a class."""

    class_weight: Literal["balanced"] | None = Field(
        None, description="balanced: rows count by their class, so that all classes weigh alike. Needs calibrate."
    )
    calibrate: Literal["none", "sigmoid", "isotonic"] = Field(
        "none", description="How probabilities are set right on validation."
    )
    self_training: SelfTrainingSpec | None = Field(
        None, description="Also learn from rows of train without a label, where a model is sure of it. Needs calibrate."
    )

    @model_validator(mode="after")
    def _probabilities_are_set_right(self) -> "Learner":
        reasons = {
            "class_weight": "the weights make rare classes look likelier than they are",
            "self_training": "a model that is taught by itself is too sure",
        }
        for key, why in reasons.items():
            if getattr(self, key) and self.calibrate == "none":
                raise ValueError(f'.calibrate|none|with {key} "sigmoid" or "isotonic": {why}')
        return self

    @model_validator(mode="after")
    def _self_trained_afresh(self) -> "Learner":
        if self.self_training and getattr(self, "warm_start", None):
            raise ValueError(".self_training|with warm_start|either of the two: the champion reads rows otherwise")
        return self


class LinearSpec(Learner):
    kind: Literal["linear"]
    penalty: float = Field(1.0, gt=0, description="Strength of the ridge penalty.")


class LightGBMSpec(Learner):
    kind: Literal["lightgbm"]
    rounds: int = Field(1000, ge=1, description="Most boosting rounds.")
    patience: int = Field(30, ge=1, description="Rounds without gain on validation before stopping.")
    learning_rate: float = Field(0.1, gt=0, le=1)
    leaves: int = Field(31, ge=2)
    min_leaf_rows: int = Field(20, ge=1)
    feature_share: float = Field(1.0, gt=0, le=1, description="Share of the features that each tree may look at.")
    l2: float = Field(0.0, ge=0, description="Strength of the ridge penalty on what a leaf says.")
    loss: Literal["squared", "absolute"] = Field(
        "squared",
        description="Of a regression, what is made small: squared errors, or absolute ones, which learn a median.",
    )
    warm_start: Literal["continue", "refit"] | None = Field(
        None, description="Begin from the champion: grow more trees on it, or give its trees new leaves."
    )


class NetworkSpec(Learner):
    kind: Literal["network"]
    epochs: int | None = Field(
        None, ge=1, description="Most passes over the training rows; default: 1,500 batches, and from 5 to 50 passes."
    )
    patience: int = Field(4, ge=1, description="Epochs without gain on validation before stopping.")
    learning_rate: float = Field(1e-3, gt=0, description="After the warm-up; it falls along a cosine.")
    batch_rows: int | None = Field(
        None, ge=1, description="Rows of a batch; default: 1/200 of the training rows, from 32 to 1024."
    )
    width: int = Field(128, ge=1, description="Values in each hidden layer.")
    blocks: int = Field(2, ge=0, description="Residual blocks, of two layers each.")
    dropout: float = Field(0.2, ge=0, lt=1, description="Share of hidden values left out at each step.")
    weight_decay: float = Field(0.01, ge=0, description="Of AdamW.")
    warm_start: Literal["fine_tune"] | None = Field(
        None, description="Begin from the champion, a network too: its parameters are learned on, its size is kept."
    )
    device: Literal["auto", "cpu", "gpu"] = Field(
        "auto", description="Where it is fitted. auto: on a GPU where there is one. Predicting needs none."
    )


def _import_path(found: str) -> str:
    if not re.fullmatch(r"([^\W\d]\w*\.)*[^\W\d]\w*:[^\W\d]\w*", found):
        raise ValueError('a module and its class, such as "estimators.forest:Forest"')
    return found


class OwnSpec(Learner):
    """A class of the user's; the keys beside these are its own parameters, passed as given."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)
    kind: Literal["own"]
    estimator: Annotated[str, AfterValidator(_import_path)] = Field(
        description="The class, as module:Class. Any further keys are parameters of its own."
    )

    @property
    def module(self) -> str:
        return self.estimator.split(":")[0]

    @property
    def parameters(self) -> dict[str, Any]:
        """What the class is made with."""
        return dict(self.model_extra or {})

    @model_validator(mode="after")
    def _parameters_can_be_written_down(self) -> "OwnSpec":
        for name, value in self.parameters.items():
            if not _is_plain(value):
                raise ValueError(f".{name}|{value}|text, finite numbers, true, false, and lists and tables of these")
        return self


def _is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(_is_plain(one) for one in value.values())
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return isinstance(value, str | bool | int) or (isinstance(value, float) and isfinite(value))


class IsolationForestSpec(Section):
    kind: Literal["isolation_forest"]
    trees: int = Field(100, ge=1)
    tree_rows: int = Field(
        256, ge=2, description="Rows that each tree is grown of: few, so that what is rare stands out."
    )


CandidateSpec = Annotated[
    LastValueSpec | SeasonalSpec | LinearSpec | LightGBMSpec | NetworkSpec | OwnSpec | IsolationForestSpec,
    Field(discriminator="kind"),
]
