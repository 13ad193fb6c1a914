"""What a training does about labels that may be wrong, as the spec says."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tasks.data.contract import load_contract
from tasks.data.ingestion import ingest, prepare
from tasks.data.splits import split
from tasks.errors import SpecError
from tasks.release.challenger import Challenger, Recipe, make_challenger
from tasks.release.label_quality import LabelQuality, SuspectLabel, examine
from tasks.release.material import Material
from tasks.settings import Settings
from tasks.spec import load_spec
from tests.release.test_contest import rewrite

Edit = Callable[[str, str, str], None]
AS_OF = datetime(2024, 3, 1, tzinfo=UTC)
WRONG = np.random.default_rng(5).random(3000) < 0.05


@pytest.fixture
def clear(project: Path, orders: pa.Table) -> pa.Table:
    """Orders of which the price alone decides whether they come back; five labels of a hundred are flipped."""
    right = orders["price"].to_numpy() > 50
    found = orders.set_column(6, "returned", pa.array(right ^ WRONG))
    rewrite(project, found)
    return found


@pytest.fixture
def run(settings: Settings, tmp_path: Path, edit: Edit) -> Callable[[str], tuple[Material, Challenger]]:
    def make(suspects: str, section: str = "") -> tuple[Material, Challenger]:
        if suspects:
            edit("deployments/returns.toml", "[gate]", f'[labels]\nsuspects = "{suspects}"\n{section}\n[gate]')
        spec, contract = load_spec("returns", settings.specs), load_contract("returns", settings.contracts)
        splits = split(spec, AS_OF)
        found = ingest(spec, contract, settings, AS_OF)
        prepared = prepare(found, spec, contract, folder=settings.of("returns"), as_of=AS_OF)
        folder = tmp_path / f"run-{len(list(tmp_path.iterdir()))}"
        made = make_challenger(prepared.rows, splits, Recipe(spec, contract, 1), folder)
        return Material.read(prepared.rows, splits, spec, contract), made

    return make


Run = Callable[..., tuple[Material, Challenger]]


@pytest.mark.usefixtures("clear")
def test_flag_reports_the_suspects_with_their_keys_and_changes_no_model(run: Run) -> None:
    _, plain = run("")
    _, flagged = run("flag")

    assert plain.labels is None
    assert flagged.labels is not None
    assert flagged.artifact.digest == plain.artifact.digest
    found = flagged.labels
    assert 30 < found.suspects < 200
    orders = [int(one.row.removeprefix("order = ")) for one in found.largest]
    assert np.mean(WRONG[orders]) > 0.8
    assert [one.suspicion for one in found.largest] == sorted((one.suspicion for one in found.largest), reverse=True)
    assert {(one.label, one.instead) for one in found.largest} == {("True", "False"), ("False", "True")}
    assert 0.05 < found.at_most < 0.12


@pytest.mark.usefixtures("clear")
def test_drop_leaves_rows_out_of_train_and_of_nothing_else(run: Run) -> None:
    material, made = run("drop")

    assert made.labels is not None
    learned = {one.rows for one in made.candidates}
    assert learned == {int(material.masks["train"].sum()) - made.labels.suspects}
    assert made.labels.rows == material.masks["train"].sum()


@pytest.mark.usefixtures("clear")
def test_weight_lets_suspects_count_less_also_beside_a_half_life_and_once_more_on_validation(
    run: Run, edit: Edit
) -> None:
    edit("deployments/returns.toml", "[window]", '[window]\nhalf_life = "20d"\nrefit = true')
    material, made = run("weight")
    fitted = material.fit_features()
    rows = material.part("train", fitted)

    trust = examine(material, rows, 1).treat(rows).trust

    assert trust is not None
    assert made.labels is not None
    assert (trust < 1).sum() == made.labels.suspects
    assert trust.min() >= 0
    assert {one.rows for one in made.candidates} == {len(rows)}


@pytest.mark.usefixtures("clear")
def test_the_same_training_suspects_the_same_rows(run: Run) -> None:
    assert run("drop")[1].artifact.digest == run("")[1].artifact.digest  # the spec still says drop


def test_orders_that_are_hard_to_predict_are_learned_from_as_they_are(run: Run) -> None:
    _, plain = run("")
    _, dropped = run("drop")

    assert dropped.labels is not None
    assert (dropped.labels.suspects, dropped.labels.untold) == (0, ("False", "True"))
    assert dropped.artifact.digest == plain.artifact.digest


def test_a_regression_has_no_suspect_labels(run: Run, edit: Edit) -> None:
    edit("deployments/returns.toml", '"binary"', '"regression"')
    edit("deployments/returns.toml", '"roc_auc"', '"mae"')
    edit("deployments/returns.toml", '"returned"', '"price"')

    with pytest.raises(
        SpecError, match=r"returns\.toml: labels\.suspects: found 'flag'; allowed: off with task regression"
    ):
        run("flag")


QUALITY = LabelQuality("drop", 1000, 20, 0.031, ("late",), (SuspectLabel("order = 7", "late", "early", 0.01, 0.9),))


def test_the_words_claim_a_bound_and_no_mistake() -> None:
    first, claim, untold = QUALITY.text

    assert first == (
        "20 of 1,000 labels of train (2.00%) contradict a sure prediction. Their rows were left out of train."
    )
    assert "at most 3.1% of labels are wrong (95% bound). It may be none" in claim
    assert untold.startswith("Too hard to predict for a mistake to stand out: late.")
    assert QUALITY.table.rows == (("order = 7", "late", "early", "1.00%", "up to 90%"),)
    assert json.loads(QUALITY.to_json())["largest"][0]["row"] == "order = 7"
