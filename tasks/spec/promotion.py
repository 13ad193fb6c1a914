"""The section of a spec that says how a version becomes champion."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from tasks.spec.section import Section
from tasks.spec.values import Duration


class PromotionSpec(Section):
    """Who must agree before a version becomes champion."""

    approval: Literal["manual", "automatic"] = Field(
        "manual",
        description="manual: a person decides; automatic: a challenger that passes the gate is promoted at once.",
    )
    approvals: int = Field(1, ge=1, le=5, description="How many different people must agree.")
    approvers: list[str] = Field(default_factory=list, description="Who may decide; not given: anybody.")
    expires: Duration = Field(timedelta(days=7), description="A proposal that nobody decided on by then is void.")
