"""A spec as it is read from ``deployments/<model>.toml``."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tasks.errors import SpecError
from tasks.spec.messages import describe
from tasks.spec.model import ModelSpec


def load_spec(model: str, folder: Path) -> ModelSpec:
    """Return the spec of ``model`` from ``folder``, or raise a SpecError that names file and key."""
    path = folder / f"{model}.toml"
    if not path.is_file():
        known = ", ".join(names(folder)) or "none"
        raise SpecError(f"no model {model!r}: {path} does not exist; models here: {known}")
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(f"{path}: not a TOML file: {error}") from None
    spec = read_spec(found, str(path))
    if spec.model != model:
        raise SpecError(f'{path}: model: found "{spec.model}"; allowed: the name of the file, "{model}"')
    return spec


def read_spec(found: dict[str, Any], file: str) -> ModelSpec:
    """Return the spec written in ``found``; ``file`` is named in errors."""
    try:
        return ModelSpec.model_validate(found)
    except ValidationError as error:
        raise SpecError(describe(error, file, ModelSpec)) from None


def names(folder: Path) -> list[str]:
    """Return the models that have a spec in ``folder``, sorted."""
    return sorted(path.stem for path in folder.glob("*.toml"))


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a spec, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Perennial model spec",
        **{k: v for k, v in ModelSpec.model_json_schema().items() if k != "title"},
    }
