"""The parts of a training of the shipped model, as its candidates are given them."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from tasks.data.contract import load_contract
from tasks.data.features import fit_features, make_matrix
from tasks.data.ingestion import ingest, prepare
from tasks.data.labels import read_labels
from tasks.data.matrix import Labelled, Target
from tasks.data.rows import where
from tasks.data.snapshot import load_snapshot
from tasks.data.splits import Part, split
from tasks.learning.problem import Problem
from tasks.release.material import split_masks
from tasks.settings import load_settings
from tasks.spec import load_spec

MODEL = "flight_delay"


@dataclass(frozen=True)
class Flights:
    """Rows of each part, and what is to be learned of them."""

    parts: dict[Part, Labelled]
    target: Target
    seed: int

    @property
    def problem(self) -> Problem:
        return Problem("binary", self.target, self.seed, threads=1)


def flights(as_of: datetime) -> Flights:
    """Return the parts of the training of ``flight_delay`` as of that time."""
    settings = load_settings()
    spec = load_spec(MODEL, settings.specs)
    contract = load_contract(spec.contract_name, settings.contracts)
    with TemporaryDirectory() as folder:
        found = ingest(spec, contract, settings, as_of)
        table = load_snapshot(prepare(found, spec, contract, folder=Path(folder), as_of=as_of).rows)
    labels = read_labels(table.column(spec.source.target), spec)
    masks = split_masks(table, labels, split(spec, as_of), spec)
    fitted = fit_features(where(table, masks["train"]), spec, contract)
    parts = {
        part: Labelled(make_matrix(where(table, mask), fitted, contract), labels.values[mask])
        for part, mask in masks.items()
    }
    return Flights(parts, labels.target, spec.seed)
