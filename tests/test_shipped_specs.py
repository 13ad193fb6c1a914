"""Each model that ships loads, and learns something from a tenth of its data."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tasks.data.contract import check_contract, load_contract
from tasks.data.demo import flights_file
from tasks.data.features import fit_features
from tasks.data.ingestion import ingest, prepare
from tasks.data.known import known_columns
from tasks.data.snapshot import load_snapshot
from tasks.data.splits import split
from tasks.metrics import METRICS
from tasks.release.artifact import verify
from tasks.release.challenger import Challenger, Recipe, count_splits, make_challenger
from tasks.settings import Settings
from tasks.spec import ModelSpec, load_spec, names

ROOT = Path(__file__).parents[1]
MODELS = names(ROOT / "deployments")
AS_OF = datetime(2013, 6, 1, tzinfo=UTC)
FROM = datetime(2013, 3, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(ROOT, tmp_path_factory.mktemp("home"), 1, None)


@pytest.fixture(scope="module")
def flights(machine: Settings) -> Path:
    """Every tenth flight of eleven weeks. Without the demo's package this fails: `make` installs it."""
    rows = pq.read_table(flights_file(machine), filters=pc.field("scheduled_departure") >= FROM)
    thin = machine.home / "flights.parquet"
    pq.write_table(rows.filter(pa.array(np.arange(len(rows)) % 10 == 0)), thin)
    return thin


def small(model: str, flights: Path) -> ModelSpec:
    """Return a shipped spec that reads the few flights, and trains for a few rounds."""
    spec = load_spec(model, ROOT / "deployments")
    return spec.model_copy(
        update={
            "source": spec.source.model_copy(update={"uri": str(flights)}),
            "contract": spec.contract.model_copy(update={"min_rows": 1000}),
        }
    )


def recipe(spec: ModelSpec) -> Recipe:
    return Recipe(spec, load_contract(spec.contract_name, ROOT / "data_contracts"), 1)


def trained(model: str, flights: Path, machine: Settings) -> Challenger:
    made_by = recipe(small(model, flights))
    spec, contract, splits = made_by.spec, made_by.contract, split(made_by.spec, AS_OF)
    folder = machine.of(model)
    found = ingest(spec, contract, machine, AS_OF)
    prepared = prepare(found, spec, contract, folder=folder, as_of=AS_OF)
    count_splits(prepared.rows, splits, spec)
    return make_challenger(prepared.rows, splits, made_by, folder / "run")


def test_a_spec_ships_for_each_task_that_can_be_trained() -> None:
    tasks = {load_spec(model, ROOT / "deployments").task for model in MODELS}

    assert tasks == {"binary", "multiclass", "regression"}


@pytest.mark.parametrize("model", MODELS)
def test_a_shipped_spec_and_its_contract_agree(model: str) -> None:
    spec = load_spec(model, ROOT / "deployments")

    check_contract(load_contract(spec.contract_name, ROOT / "data_contracts"), spec)


@pytest.mark.parametrize("model", MODELS)
def test_a_shipped_model_beats_the_baseline_on_a_tenth_of_the_flights(
    model: str, flights: Path, machine: Settings
) -> None:
    challenger = trained(model, flights, machine)

    spec = load_spec(model, ROOT / "deployments")
    baseline, *others = challenger.candidates
    assert [candidate.kind for candidate in others] == [candidate.kind for candidate in spec.candidates]
    better = METRICS[spec.gate.metric].better
    assert all(better(candidate.value, baseline.value) for candidate in others)
    assert challenger.kind != "baseline"
    verify(challenger.artifact.uri, challenger.artifact.digest)


@pytest.mark.parametrize("model", MODELS)
def test_no_shipped_model_learns_from_what_is_known_only_afterwards(
    model: str, flights: Path, machine: Settings
) -> None:
    made_by = recipe(small(model, flights))
    outcomes = set(made_by.contract.names("outcome")) | {made_by.spec.source.target}
    rows = load_snapshot(ingest(made_by.spec, made_by.contract, machine, AS_OF).raw).slice(0, 1000)

    fitted = fit_features(rows, made_by.spec, made_by.contract)

    assert {"dep_delay", "dep_time", "arr_time", "arr_delay", "air_time"} <= outcomes
    assert outcomes.isdisjoint(known_columns(made_by.spec, made_by.contract))
    assert outcomes.isdisjoint(fitted.reads)
    assert outcomes.isdisjoint(feature.name for feature in fitted.features)
