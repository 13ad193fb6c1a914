"""The kinds of model that a spec may try, and what may be chosen for each."""

from typing import Annotated, Literal

from pydantic import Field

from tasks.spec.section import Section


class LinearSpec(Section):
    kind: Literal["linear"]
    penalty: float = Field(1.0, gt=0, description="Strength of the ridge penalty.")


class LightGBMSpec(Section):
    kind: Literal["lightgbm"]
    rounds: int = Field(1000, ge=1, description="Most boosting rounds.")
    patience: int = Field(30, ge=1, description="Rounds without gain on validation before stopping.")
    learning_rate: float = Field(0.1, gt=0, le=1)
    leaves: int = Field(31, ge=2)
    min_leaf_rows: int = Field(20, ge=1)


CandidateSpec = Annotated[LinearSpec | LightGBMSpec, Field(discriminator="kind")]
