"""The section of a spec that says where people are told."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from tasks.spec.section import Section

_BLOCK = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*")


def _check_block(found: str) -> str:
    if not _BLOCK.fullmatch(found):
        # What is found is not shown: it may be an address, and that of a webhook is a password.
        raise ValueError(
            'a block of Prefect, its type and its name, such as "slack-webhook/oncall"; the address, which is as good '
            "as a password, stays in the block"
        )
    return found


Block = Annotated[
    str,
    AfterValidator(_check_block),
    WithJsonSchema({"type": "string", "pattern": f"^{_BLOCK.pattern}$", "examples": ["slack-webhook/oncall"]}),
]


class NotifySpec(Section):
    """Which of Prefect's notification blocks tell people. What has none is not told."""

    page: Block | None = Field(
        None, description="For what cannot wait: data to be fixed, a rollback, a run that failed or crashed."
    )
    ticket: Block | None = Field(
        None, description="For what can: a version that awaits a person, a challenger that was refused."
    )
