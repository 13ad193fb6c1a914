"""The flights of 2013 as train, validation and holdout, as of several days of the year."""

from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.learning.streams import Stream
from tasks.data.contract import load_contract
from tasks.data.ingestion import ingest, prepare
from tasks.data.matrix import Target
from tasks.data.splits import split
from tasks.release.material import Material
from tasks.settings import Settings, load_settings
from tasks.spec import ModelSpec, load_spec

MODEL = "flight_delay"


def flight_spec(**changes: Any) -> ModelSpec:  # noqa: ANN401 - the sections of a spec
    """Return the shipped spec with other sections."""
    spec = load_spec(MODEL, load_settings({}).specs)
    return ModelSpec.model_validate({**spec.model_dump(), **changes})


def flights(spec: ModelSpec, as_of: datetime, home: Path) -> tuple[Stream, Target]:
    """Return the parts of a training as of that day, as the flow would have them."""
    shipped = load_settings({})
    settings = Settings(shipped.project, home, shipped.threads, None)
    contract = load_contract(MODEL, settings.contracts)
    found = ingest(spec, contract, settings, as_of)
    rows = prepare(found, spec, contract, folder=settings.of(MODEL), as_of=as_of).rows
    material = Material.read(rows, split(spec, as_of), spec, contract)
    features = material.fit_features()
    parts = [material.part(part, features) for part in ("train", "validation", "holdout")]
    return Stream(*parts), material.labels.target
