"""What all sections of a spec have in common."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Keys that are known, of the types they say, and never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
