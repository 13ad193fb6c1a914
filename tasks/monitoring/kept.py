"""Profiles and what is usual, as files: arrays and JSON, no pickles."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tasks.data.atomic import write_text, write_whole
from tasks.monitoring.multivariate import UsualSeparation
from tasks.monitoring.profile.bins import from_json, to_json
from tasks.monitoring.profile.calibration import Calibration
from tasks.monitoring.profile.profile import Binning, Profile
from tasks.monitoring.profile.usual import Usual

_ARRAYS, _SAMPLE, _FACTS = "arrays.npz", "sample.parquet", "facts.json"


@dataclass(frozen=True)
class Family:
    """What is compared under one rate of false alarms: columns of a reference, and what is usual of them."""

    profile: Profile
    calibration: Calibration


@dataclass(frozen=True)
class ReferenceWindow:
    """What a champion learned from, as a check needs it."""

    version: int
    inputs: Family
    predictions: Family | None
    """Of rows that it did not learn from; None: there were none."""
    labels: Family | None
    """Of the rows that trained and chose it; None: they are too few."""
    separation: UsualSeparation | None
    sample: pa.Table
    """Rows of the inputs, in random order."""


def save(folder: Path, reference: ReferenceWindow) -> None:
    """Write ``reference`` into ``folder``: the facts last, so that what they speak of is there."""
    arrays = {f"{name}_{key}": values for name, family in _families(reference) for key, values in _arrays(family)}
    write_whole(folder / _ARRAYS, lambda file: np.savez(file, allow_pickle=False, **arrays))
    write_whole(folder / _SAMPLE, lambda file: pq.write_table(reference.sample, file, compression="lz4"))
    facts = {
        "version": reference.version,
        "separation": vars(reference.separation) if reference.separation else None,
        "families": {name: _facts(family) for name, family in _families(reference)},
    }
    write_text(folder / _FACTS, json.dumps(facts, indent=1))


def load(folder: Path) -> ReferenceWindow | None:
    """Return what ``save`` wrote into ``folder``; None: nothing, or not all of it."""
    try:
        facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
        with np.load(folder / _ARRAYS, allow_pickle=False) as arrays:
            families = {name: _family(name, found, arrays) for name, found in facts["families"].items()}
        sample = pq.read_table(folder / _SAMPLE)
    except (OSError, ValueError, KeyError, pa.ArrowException):
        return None
    return ReferenceWindow(
        version=facts["version"],
        inputs=families["inputs"],
        predictions=families.get("predictions"),
        labels=families.get("labels"),
        separation=UsualSeparation(**facts["separation"]) if facts["separation"] else None,
        sample=sample,
    )


def _families(reference: ReferenceWindow) -> list[tuple[str, Family]]:
    named = (("inputs", reference.inputs), ("predictions", reference.predictions), ("labels", reference.labels))
    return [(name, family) for name, family in named if family is not None]


def _arrays(family: Family) -> list[tuple[str, Any]]:
    usual = family.calibration.usual
    return [
        ("counts", family.profile.counts),
        ("rows", family.profile.rows),
        ("centre", usual.centre),
        ("spread", usual.spread),
    ]


def _facts(family: Family) -> dict[str, Any]:
    found = family.calibration
    return {
        "bins": {name: to_json(bins) for name, bins in family.profile.binning.columns.items()},
        "volume": found.usual.volume,
        "limit": found.limit,
        "run": found.run,
        "rate": found.rate,
    }


def _family(name: str, facts: dict[str, Any], arrays: Any) -> Family:  # noqa: ANN401 - what numpy opens
    binning = Binning({column: from_json(found) for column, found in facts["bins"].items()})
    usual = Usual(arrays[f"{name}_centre"], arrays[f"{name}_spread"], facts["volume"])
    calibration = Calibration(usual, facts["limit"], facts["run"], facts["rate"])
    return Family(Profile(binning, arrays[f"{name}_counts"], arrays[f"{name}_rows"]), calibration)
