"""The section of a spec that says when runs start by themselves."""

from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from tasks.spec.cron import check_cron
from tasks.spec.section import Section
from tasks.spec.values import TimeZone

Cron = Annotated[
    str, AfterValidator(check_cron), WithJsonSchema({"type": "string", "examples": ["0 3 * * 1", "15 * * * *"]})
]


class ScheduleSpec(Section):
    """When runs start by themselves. What is left out starts only when it is asked for."""

    train: Cron | None = Field(None, description='When to train: minute, hour, day, month, weekday; "0 3 * * 1".')
    score: Cron | None = Field(None, description="When the champion scores what has come since it last did.")
    drift: Cron | None = Field(None, description="When to compare what comes with what the champion learned from.")
    timezone: TimeZone = Field("UTC", description="Zone of the clock on the wall that these times are read from.")
