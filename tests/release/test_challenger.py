import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pytest

from tasks.data.contract import Contract
from tasks.data.ingestion import ingest, prepare
from tasks.data.snapshot import Snapshot
from tasks.data.splits import Splits, split
from tasks.data.window import Window
from tasks.errors import NotEnoughData
from tasks.learning.checkpoints import Checkpoints, Keeper
from tasks.release.artifact import load_artifact, read_sample
from tasks.release.candidates import describe
from tasks.release.challenger import Challenger, Recipe, SplitCounts, count_splits, make_challenger
from tasks.release.material import Material
from tasks.settings import Settings
from tasks.spec import LinearSpec, ModelSpec, SelfTrainingSpec, TuningSpec, WindowSpec

AS_OF = datetime(2024, 3, 1, tzinfo=UTC)


@pytest.fixture
def splits(spec: ModelSpec) -> Splits:
    return split(spec, AS_OF)


@pytest.fixture
def rows(spec: ModelSpec, contract: Contract, settings: Settings) -> Callable[[], Snapshot]:
    """The prepared rows of what the project's source has."""

    def read() -> Snapshot:
        found = ingest(spec, contract, settings, AS_OF)
        return prepare(found, spec, contract, folder=settings.of("returns"), as_of=AS_OF).rows

    return read


@pytest.fixture
def make(
    rows: Callable[[], Snapshot], splits: Splits, spec: ModelSpec, contract: Contract, tmp_path: Path
) -> Callable[..., Challenger]:
    def train(threads: int = 1, checkpoints: Checkpoints | None = None) -> Challenger:
        folder = tmp_path / f"run-{len(list(tmp_path.iterdir()))}"
        return make_challenger(rows(), splits, Recipe(spec, contract, threads, checkpoints), folder)

    return train


def test_every_labelled_row_is_counted_in_its_part(
    rows: Callable[[], Snapshot], splits: Splits, spec: ModelSpec
) -> None:
    # 60 days of 50 orders: the last has no label yet, and the one before the holdout is the gap.
    assert count_splits(rows(), splits, spec) == SplitCounts(train=38 * 50, validation=500, holdout=500, unlabelled=49)


def test_a_part_with_too_few_labels_is_refused_before_anything_is_trained(
    rows: Callable[[], Snapshot], splits: Splits, spec: ModelSpec, project: Path, orders: pa.Table
) -> None:
    of_holdout = pc.greater_equal(orders["order"], 2450)
    without = orders.set_column(6, "returned", pc.if_else(of_holdout, None, orders["returned"]))
    pyarrow.csv.write_csv(without, project / "orders.csv")

    with pytest.raises(NotEnoughData, match=r"holdout 2024-02-19 to 2024-02-29 has 0 labelled rows; at least 50"):
        count_splits(rows(), splits, spec)


def test_the_best_candidate_on_validation_is_written_with_the_baseline(make: Callable[..., Challenger]) -> None:
    made = make()

    assert [candidate.kind for candidate in made.candidates] == ["baseline", "linear", "lightgbm"]
    best = max(made.candidates, key=lambda candidate: candidate.value)
    assert made.kind == best.kind == load_artifact(made.artifact.uri, made.artifact.digest).estimator.kind
    assert made.classes == (False, True)
    assert [path.name for path in Path(made.baseline).iterdir()] == ["baseline.json"]
    assert sum(made.importance.values()) == pytest.approx(1)


def test_the_sample_is_of_the_holdout_and_has_nothing_known_only_afterwards(
    make: Callable[..., Challenger], splits: Splits
) -> None:
    sample = read_sample(make().artifact.uri)

    assert sample.num_rows == 200
    assert sample.column_names == ["ordered_at", "order", "country", "price", "weight"]
    assert pc.min(sample["ordered_at"]).as_py() == splits.holdout.start


def test_features_are_fitted_on_train_alone(make: Callable[..., Challenger], project: Path, orders: pa.Table) -> None:
    # Italy is new in the windows that choose and judge.
    early = pc.less(orders["order"], 38 * 50)
    late_italy = pc.if_else(pc.and_(early, pc.equal(orders["country"], "it")), "fr", orders["country"])
    pyarrow.csv.write_csv(orders.set_column(2, "country", late_italy), project / "orders.csv")

    features = json.loads((Path(make().artifact.uri) / "features.json").read_text())["features"]

    assert [f["levels"] for f in features if f["name"] == "country"] == [["de", "fr"]]


def test_the_holdout_s_labels_and_rows_change_nothing_in_the_model(
    make: Callable[..., Challenger], project: Path, orders: pa.Table
) -> None:
    def trained() -> dict[str, str]:
        files: dict[str, str] = json.loads((Path(make().artifact.uri) / "manifest.json").read_text())["files"]
        return {name: digest for name, digest in files.items() if not name.startswith("sample")}

    before = trained()
    judged = np.arange(3000) >= 48 * 50  # the gap and the holdout
    other = orders.set_column(6, "returned", pc.xor(orders["returned"], pa.array(judged)))
    other = other.set_column(3, "price", pc.add(orders["price"], pa.array(judged.astype(float))))
    pyarrow.csv.write_csv(other, project / "orders.csv")

    assert trained() == before


def test_the_digest_does_not_depend_on_the_threads(make: Callable[..., Challenger]) -> None:
    assert make(threads=1).artifact.digest == make(threads=2).artifact.digest


def test_checkpoints_are_kept_while_a_training_goes_on_and_none_is_left_when_it_is_done(
    make: Callable[..., Challenger], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints, kept, keep = Checkpoints(tmp_path / "checkpoints", seconds=0), [], Keeper.keep

    def kept_and_counted(keeper: Keeper, content: bytes) -> None:
        kept.append(content)
        keep(keeper, content)

    monkeypatch.setattr(Keeper, "keep", kept_and_counted)
    (checkpoints.folder / "of a killed training on other rows").mkdir(parents=True)

    made = make(checkpoints=checkpoints)

    assert kept
    assert not checkpoints.folder.exists()
    assert made.artifact.digest == make().artifact.digest


def test_the_chosen_window_and_the_search_are_the_challenger_s(
    rows: Callable[[], Snapshot], splits: Splits, spec: ModelSpec, contract: Contract, tmp_path: Path
) -> None:
    window = WindowSpec.model_validate({"train": ["15d", "all"], "validation": "10d", "holdout": "10d"})
    asked = spec.model_copy(update={"window": window, "tuning": TuningSpec(trials=3)})
    made = [
        make_challenger(
            rows(), split(asked, AS_OF), Recipe(asked, contract, 1, studies=tmp_path / "studies"), tmp_path / name
        )
        for name in ("a", "b")
    ]

    chosen = next(one for one in made[0].candidates if one.chosen)
    assert made[0].window == chosen.window
    expected = splits.train.end - timedelta(days=15) if chosen.window == "15d" else None
    assert made[0].learned == Window(expected, splits.train.end)
    assert made[0].study is not None
    assert len(made[0].study.trials) == 4
    assert made[0].artifact.digest == made[1].artifact.digest
    assert len(list((tmp_path / "studies").iterdir())) == 1, (
        "the second training is the same, and goes on with its study"
    )


def test_rows_without_a_label_are_of_train_alone_and_counted_apart(
    rows: Callable[[], Snapshot], splits: Splits, spec: ModelSpec, contract: Contract, project: Path, orders: pa.Table
) -> None:
    unknown = pa.array(np.arange(3000) % 3 == 0)
    pyarrow.csv.write_csv(
        orders.set_column(6, "returned", pc.if_else(unknown, None, orders["returned"])), project / "orders.csv"
    )
    linear = LinearSpec(kind="linear", calibrate="sigmoid", self_training=SelfTrainingSpec())
    asked = spec.model_copy(update={"candidates": [*spec.candidates, linear]})

    material = Material.read(rows(), splits, asked, contract)
    features = material.fit_features()
    unlabelled = material.unlabelled(features)

    assert unlabelled is not None
    assert (len(unlabelled), len(material.part("train", features))) == (634, 1266)
    assert np.isnan(unlabelled.labels).all()
    assert not np.isnan(material.part("validation", features).labels).any()
    assert count_splits(rows(), splits, asked).train == 1266
    assert Material.read(rows(), splits, spec, contract).unlabelled(features) is None


def test_a_self_trained_candidate_is_tried_like_any_other_and_made_again(
    rows: Callable[[], Snapshot],
    splits: Splits,
    spec: ModelSpec,
    contract: Contract,
    project: Path,
    orders: pa.Table,
    tmp_path: Path,
) -> None:
    unknown = pa.array(np.arange(3000) % 3 == 0)
    pyarrow.csv.write_csv(
        orders.set_column(6, "returned", pc.if_else(unknown, None, orders["returned"])), project / "orders.csv"
    )
    linear = LinearSpec(kind="linear", calibrate="sigmoid", self_training=SelfTrainingSpec(threshold=0.8))
    asked = spec.model_copy(update={"candidates": [linear]})
    made = [make_challenger(rows(), splits, Recipe(asked, contract, 1), tmp_path / name) for name in "ab"]

    assert made[0].artifact.digest == made[1].artifact.digest
    assert [describe(one, "roc_auc").split(" on ")[0] for one in made[0].candidates] == [
        "baseline",
        "linear, self-trained, calibrated",
    ]
