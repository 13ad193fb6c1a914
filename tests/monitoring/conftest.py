"""The small project with a champion: trained as of 10 February, on 50 orders a day."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.data.contract import load_contract
from tasks.data.ingestion import ingest, prepare
from tasks.data.labels import read_labels
from tasks.data.rows import where
from tasks.data.snapshot import load_snapshot
from tasks.data.splits import split
from tasks.release.artifact import Artifact, load_artifact
from tasks.release.challenger import Recipe, make_challenger
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.standing import standing
from tasks.release.ledger.version_records import Evidence, Places, Promoted, Proposed
from tasks.release.lineage import Lineage
from tasks.release.material import split_masks
from tasks.release.record import LINEAGE
from tasks.settings import Settings
from tasks.spec import load_spec

TRAINED = datetime(2024, 2, 10, tzinfo=UTC)
Train = Callable[[int], None]


def train(settings: Settings, version: int, files: Path) -> Proposed:
    """Train without Prefect and MLflow, and keep what the version said of its holdout, as a training does."""
    spec = load_spec("returns", settings.specs)
    contract, splits = load_contract("returns", settings.contracts), split(spec, TRAINED)
    found = ingest(spec, contract, settings, TRAINED)
    prepared = prepare(found, spec, contract, folder=settings.of("returns"), as_of=TRAINED)
    rows = prepared.rows
    made = make_challenger(rows, splits, Recipe(spec, contract, 1), files).artifact
    _keep_holdout(load_snapshot(rows), made, (settings, files))
    made_of = (TRAINED, prepared.raw, rows, prepared.quarantined, splits)
    lineage = Lineage(*made_of, spec.digest, contract.version, "", "", spec.seed, "manual", None)
    (files / LINEAGE).write_text(lineage.to_json())
    evidence = Evidence(rows.digest, made.digest, "", "", "")
    return Proposed(version, "better", evidence, None, Places(rows.uri, made.uri, str(files)), None, 1)


def _keep_holdout(table: pa.Table, made: Artifact, where_to: tuple[Settings, Path]) -> None:
    settings, files = where_to
    spec, model = load_spec("returns", settings.specs), load_artifact(made.uri, made.digest)
    labels = read_labels(table["returned"], spec)
    mask = split_masks(table, labels, split(spec, TRAINED), spec)["holdout"]
    held = where(table, mask)
    told = {
        "time": held["ordered_at"].cast(pa.int64()),
        "label": labels.values[mask],
        "challenger": model.predict(held),
    }
    pq.write_table(pa.table(told), files / "holdout_predictions.parquet")


@pytest.fixture
def propose(settings: Settings, tmp_path: Path) -> Train:
    """Train a version, and have it await a person."""

    def run(version: int) -> None:
        proposed = train(settings, version, tmp_path / f"run-{version}")
        with Ledger(settings.ledger).deciding() as page:
            page.append("returns", proposed, at=TRAINED)

    return run


@pytest.fixture
def promote(settings: Settings) -> Train:
    """Make a proposed version champion."""

    def run(version: int) -> None:
        with Ledger(settings.ledger).deciding() as page:
            now = standing(page.entries("returns"))
            pending = now.proposal_of(version)
            assert pending is not None
            artifact, where_it_is = pending.proposed.evidence.artifact, pending.proposed.where.artifact
            what = Promoted(version, pending.entry.number, None, now.fence + 1, artifact, where_it_is, ("ada",))
            page.append("returns", what, at=TRAINED)

    return run


@pytest.fixture
def champion(propose: Train, promote: Train) -> int:
    """The version that is champion."""
    propose(1)
    promote(1)
    return 1
