import json
from dataclasses import replace
from datetime import UTC, datetime
from math import nan
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tasks.data.snapshot import Snapshot
from tasks.data.splits import Splits
from tasks.data.window import Window
from tasks.judgement.gate import judge
from tasks.judgement.holdout import Holdout
from tasks.judgement.verdict import Verdict
from tasks.learning.result import CandidateResult
from tasks.learning.studies import Trial
from tasks.learning.tuning import Study
from tasks.learning.windows import LeftOut
from tasks.release.artifact import Artifact
from tasks.release.challenger import Challenger
from tasks.release.label_quality import LabelQuality, SuspectLabel
from tasks.release.lineage import Lineage
from tasks.release.record import Subject, Written, describe, write
from tasks.spec import ModelSpec

AS_OF = datetime(2024, 3, 1, 12, 30, tzinfo=UTC)
ROWS = Snapshot("rows.parquet", "0" * 64, 3, None, None)
WINDOW = Window(None, AS_OF)
LINEAGE = Lineage(AS_OF, ROWS, ROWS, ROWS, Splits(WINDOW, WINDOW, WINDOW), "", "", "", "", 1, "manual", None)
CHALLENGER = Challenger(
    artifact=Artifact("artifact", "1" * 64, 10),
    baseline="baseline",
    kind="linear",
    classes=(False, True),
    candidates=(CandidateResult("baseline", 0.5, {}, 0.1), CandidateResult("linear", 0.8, {}, 0.2, chosen=True)),
    importance={"price": 0.7, "weight": 0.3},
)


@pytest.fixture
def subject(spec: ModelSpec) -> Subject:
    return Subject(spec, CHALLENGER, LINEAGE)


@pytest.fixture
def held() -> Holdout:
    draw = np.random.default_rng(3)
    score = draw.random(600)
    return Holdout(
        task="binary",
        labels=(draw.random(600) < score).astype(float),
        times=86_400_000_000 * (np.arange(600) // 50),
        keys=np.arange(600, dtype=np.uint64),
        challenger=score,
        champion=draw.random(600),
        baseline=np.full(600, 0.5),
        slices={},
        champion_version="3",
        seen_rows_removed=0,
        unlabelled_rows=0,
        start=None,
        end=AS_OF,
    )


@pytest.fixture
def verdict(held: Holdout, spec: ModelSpec) -> Verdict:
    return judge(held, spec.gate, spec.seed)


def test_a_record_has_the_verdict_the_page_the_pictures_and_what_was_judged(
    held: Holdout, verdict: Verdict, subject: Subject, tmp_path: Path
) -> None:
    files = Path(write(tmp_path / "record", verdict, held, subject).files)

    assert Verdict.from_json(json.loads((files / "verdict.json").read_text())) == verdict
    assert (files / "verdict.md").read_text().startswith(f"## {verdict.reasons[0]}")
    assert "returns" in (files / "verdict.html").read_text().split("</title>")[0]
    assert list(files.glob("*.svg"))
    judged = pq.read_table(files / "holdout_predictions.parquet")
    assert judged.column_names == ["time", "label", "key", "challenger", "champion", "baseline"]
    np.testing.assert_array_equal(judged["challenger"].to_numpy(), held.challenger)


def test_the_verdict_can_be_reached_again_from_what_was_kept(
    held: Holdout, verdict: Verdict, subject: Subject, tmp_path: Path
) -> None:
    files = Path(write(tmp_path / "record", verdict, held, subject).files)
    kept = pq.read_table(files / "holdout_predictions.parquet")
    who = {name: kept[name].to_numpy() for name in ("challenger", "champion", "baseline")}

    again = replace(held, labels=kept["label"].to_numpy(), times=kept["time"].to_numpy(), **who)

    assert judge(again, subject.spec.gate, subject.spec.seed) == verdict


def test_each_class_has_a_column_of_its_own(tmp_path: Path, held: Holdout, subject: Subject) -> None:
    shares = np.random.default_rng(0).dirichlet([1, 1, 1], 600)
    three = replace(
        held,
        task="multiclass",
        champion=None,
        champion_version=None,
        challenger=shares,
        baseline=np.full((600, 3), 1 / 3),
    )
    gate = subject.spec.gate.model_copy(update={"metric": "log_loss"})
    classes = replace(subject, challenger=replace(CHALLENGER, classes=("early", "late", "never")))

    files = Path(write(tmp_path / "record", judge(three, gate, 1), three, classes).files)

    names = pq.read_schema(files / "holdout_predictions.parquet").names
    assert names == [
        "time",
        "label",
        "key",
        *(f"{who}_{code}" for who in ("challenger", "baseline") for code in range(3)),
    ]


def test_the_page_tells_what_the_version_was_made_from(
    held: Holdout, verdict: Verdict, subject: Subject, tmp_path: Path
) -> None:
    files = Path(write(tmp_path / "record", verdict, held, subject).files)

    page = (files / "verdict.html").read_text()
    assert "1" * 64 in page
    assert "2024-03-01 12:30" in page
    assert json.loads((files / "spec.json").read_text())["model"] == "returns"


def test_a_training_is_described_by_its_spec_its_choices_and_its_numbers(subject: Subject, verdict: Verdict) -> None:
    training = describe(subject, Written(verdict, "record"), cost={"cost.wall_seconds": 1.5})

    assert training.name == "returns as of 2024-03-01 12:30"
    assert (training.outcome, training.promotable) == (verdict.outcome, verdict.promotable)
    assert training.summary == verdict.reasons[0]
    assert training.params["kind"] == "linear"
    assert training.params["source.uri"] == "orders.csv"
    assert training.params["gate.metric"] == "roc_auc"
    assert verdict.comparison is not None
    assert training.metrics["gain"] == verdict.comparison.difference
    assert training.metrics["validation.roc_auc.linear"] == 0.8
    assert training.metrics["holdout.roc_auc"] == verdict.challenger_metrics["roc_auc"]


def test_a_number_that_could_not_be_computed_is_left_out(subject: Subject, verdict: Verdict) -> None:
    undefined = replace(verdict, challenger_metrics={**verdict.challenger_metrics, "roc_auc": nan})

    metrics = describe(subject, Written(undefined, "record"), cost={}).metrics

    assert "holdout.roc_auc" not in metrics
    assert "holdout.log_loss" in metrics


def test_two_candidates_of_one_kind_both_keep_their_numbers(subject: Subject, verdict: Verdict) -> None:
    twice = replace(CHALLENGER, candidates=(*CHALLENGER.candidates, CandidateResult("linear", 0.6, {}, 0.1)))

    metrics = describe(replace(subject, challenger=twice), Written(verdict, "record"), cost={}).metrics

    assert {0.8, 0.6} <= set(metrics.values())


WINDOWS = (
    CandidateResult("baseline", 0.5, {}, 0.1, "all", 900),
    CandidateResult("lightgbm", 0.70, {}, 0.2, "30d", 300),
    CandidateResult("lightgbm", 0.74, {}, 0.2, "all, half-life 60d", 900, chosen=True),
    CandidateResult("lightgbm", 0.66, {}, 0.1, "all", 900, full=False),
)
SEVERAL = replace(CHALLENGER, candidates=WINDOWS, window="all, half-life 60d", left_out=(LeftOut("1d", "7 rows"),))
TRIALS = [
    Trial(
        number, {"penalty": 10.0**number}, 1 / (1 + number), {1: 1.0}, "pruned" if number == 4 else "complete", 2.0, 0.0
    )
    for number in range(8)
]
SEARCHED = replace(
    CHALLENGER,
    candidates=(
        *WINDOWS[:1],
        CandidateResult("linear", 0.8, {}, 0.2),
        CandidateResult("linear", 0.9, {}, 0.1, tuned={"penalty": 1e7}, chosen=True),
    ),
    study=Study("linear", "all", tuple(TRIALS), "all 7 trials are done"),
)


def test_every_window_stands_in_the_record_with_what_became_of_it(
    held: Holdout, verdict: Verdict, subject: Subject, tmp_path: Path
) -> None:
    written = write(tmp_path / "record", verdict, held, replace(subject, challenger=SEVERAL))

    page = (Path(written.files) / "verdict.html").read_text()
    for words in ("all, half-life 60d", "chosen", "dropped at a first look", "not tried: 7 rows"):
        assert words in page
    kept = json.loads((Path(written.files) / "candidates.json").read_text())
    assert [(one["window"], one["full"]) for one in kept][1:] == [
        ("30d", True), ("all, half-life 60d", True), ("all", False),
    ]  # fmt: skip
    training = describe(replace(subject, challenger=SEVERAL), written, cost={})
    assert training.params["trained_on"] == "all, half-life 60d"
    assert {name: value for name, value in training.metrics.items() if name.startswith("validation")} == {
        "validation.roc_auc.baseline": 0.5,
        "validation.roc_auc.lightgbm.30d": 0.70,
        "validation.roc_auc.lightgbm.all-half-life-60d": 0.74,
    }


def test_a_search_stands_in_the_record_with_its_trials_and_pictures(
    held: Holdout, verdict: Verdict, subject: Subject, tmp_path: Path
) -> None:
    written = write(tmp_path / "record", verdict, held, replace(subject, challenger=SEARCHED))

    files = Path(written.files)
    kept = json.loads((files / "tuning.json").read_text())
    assert (len(kept["trials"]), kept["best"], kept["ended"]) == (8, 7, "all 7 trials are done")
    assert "lowered the loss on validation by 87.5 %, in 7 trials" in (files / "tuning_history.svg").read_text()
    assert "What mattered most was penalty" in (files / "tuning_importance.svg").read_text()
    assert "linear, tuned" in (files / "verdict.html").read_text()
    training = describe(replace(subject, challenger=SEARCHED), written, cost={})
    assert training.params["tuned.penalty"] == "10000000.0"
    assert training.metrics["validation.roc_auc.linear.tuned"] == 0.9
    assert (training.metrics["tuning.trials"], training.metrics["tuning.seconds"]) == (8, 16.0)


QUALITY = LabelQuality("drop", 900, 9, 0.02, (), (SuspectLabel("order = <b>7</b>", "True", "False", 0.01, 0.9),))


def test_what_became_of_suspect_labels_stands_in_the_record_and_on_the_page(
    held: Holdout, verdict: Verdict, subject: Subject, tmp_path: Path
) -> None:
    dropped = replace(subject, challenger=replace(CHALLENGER, labels=QUALITY), lineage=replace(LINEAGE, dropped=9))

    files = Path(write(tmp_path / "record", verdict, held, dropped).files)

    page = (files / "verdict.html").read_text()
    assert "9 of 900 labels of train (1.00%) contradict a sure prediction. Their rows were left out of train." in page
    assert "order = &lt;b&gt;7&lt;/b&gt;" in page
    assert "Left out of train for their labels" in page
    assert json.loads((files / "labels.json").read_text())["suspects"] == 9
    metrics = describe(dropped, Written(verdict, "record"), cost={}).metrics
    assert (metrics["labels.suspect_share"], metrics["labels.wrong_at_most"]) == (0.01, 0.02)


def test_an_older_lineage_knows_of_no_suspects() -> None:
    old = json.loads(LINEAGE.to_json())
    del old["suspects"], old["dropped"]

    assert Lineage.from_json(json.dumps(old)) == LINEAGE
