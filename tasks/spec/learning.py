"""The sections of a spec about labels that may be wrong, and about looking for better parameters."""

from typing import Literal

from pydantic import Field, model_validator

from tasks.spec.section import Section

Suspecting = Literal["off", "flag", "drop", "weight"]


class LabelsSpec(Section):
    """What to do about labels of train that may be wrong; those of validation and holdout are never touched."""

    suspects: Suspecting = Field(
        "off",
        description="flag: report the labels that contradict a sure prediction; drop: leave their rows out of train; "
        "weight: let them count less.",
    )


class TuningSpec(Section):
    """How much may be spent on looking for better parameters of the candidate that validation chose."""

    trials: int | None = Field(None, ge=1, description="Most parameter sets to try, beside the spec's own.")
    minutes: float | None = Field(None, gt=0, description="Most minutes to spend on one training.")
    money: float | None = Field(None, gt=0, description="Most money to spend on one training, at PERENNIAL_PRICE.")
    patience: int = Field(
        15,
        ge=1,
        description="The search ends early after so many trials without a gain above the noise; after a third of them, "
        "if it began from earlier studies.",
    )
    monthly_minutes: float | None = Field(
        None, gt=0, description="Most minutes within 30 days, over all trainings of the model."
    )

    @model_validator(mode="after")
    def _ends(self) -> "TuningSpec":
        if self.trials is None and self.minutes is None and self.money is None:
            raise ValueError("tuning|{}|a budget: trials, minutes or money; whichever ends first counts")
        return self
