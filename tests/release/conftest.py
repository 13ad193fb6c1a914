"""A training of the small project as the registry is asked to record it; and ledgers in both kinds of database."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.drill.postgres import missing, new_database, postgres
from tasks.data.contract import Contract
from tasks.data.ingestion import ingest, prepare
from tasks.data.splits import split
from tasks.release.challenger import Recipe, make_challenger
from tasks.release.lineage import Lineage
from tasks.release.versions import Training
from tasks.settings import Settings
from tasks.spec import ModelSpec

AS_OF = datetime(2024, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A PostgreSQL server, on loopback, for the whole session."""
    if reason := missing():
        pytest.skip(f"{reason}; `make drill-promotion` installs it, and runs this")
    with postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A ledger that does not exist yet: whatever is promised of one holds in either database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'home' / 'ledger.db'}"
    return new_database(request.getfixturevalue("postgresql"))


@pytest.fixture
def training(spec: ModelSpec, contract: Contract, settings: Settings, tmp_path: Path) -> Training:
    home, splits = settings.of("returns"), split(spec, AS_OF)
    prepared = prepare(ingest(spec, contract, settings, AS_OF), spec, contract, folder=home, as_of=AS_OF)
    challenger = make_challenger(prepared.rows, splits, Recipe(spec, contract, 1), tmp_path / "run")
    (tmp_path / "record").mkdir()
    (tmp_path / "record" / "verdict.md").write_text("better")
    return Training(
        model="returns",
        name="returns as of 2024-03-01",
        artifact=challenger.artifact,
        lineage=Lineage(
            as_of=AS_OF,
            raw=prepared.raw,
            rows=prepared.rows,
            quarantined=prepared.quarantined,
            splits=splits,
            spec=spec.digest,
            contract=contract.version,
            code="commit",
            environment="libraries",
            seed=1,
            reason="manual",
            flow_run=None,
        ),
        outcome="better",
        promotable=True,
        summary="besser als „später“",
        metrics={"holdout.roc_auc": 0.75},
        params={"kind": challenger.kind},
        files=str(tmp_path / "record"),
    )
