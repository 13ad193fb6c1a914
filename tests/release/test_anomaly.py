"""A model of anomalies, from rows that mostly have no label to a verdict, by the flow's plain functions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
from mlflow.utils.validation import _validate_metric_name

from tasks.data.contract import load_contract
from tasks.data.ingestion import Prepared, ingest, prepare
from tasks.data.splits import Splits, split
from tasks.judgement.verdict import Verdict
from tasks.release.arena import enter
from tasks.release.artifact import read_sample, verify
from tasks.release.challenger import Challenger, Recipe, SplitCounts, count_splits, make_challenger
from tasks.release.choosing import choose
from tasks.release.judging import hear, weigh
from tasks.release.lineage import Lineage
from tasks.release.record import Subject, Written, describe, write
from tasks.release.versions import Version
from tasks.settings import Settings
from tasks.spec import load_spec

AS_OF = datetime(2024, 3, 1, tzinfo=UTC)  # its holdout: 19 to 29 February, 50 orders a day
Edit = Callable[[str, str, str], None]


@dataclass(frozen=True)
class Run:
    recipe: Recipe
    prepared: Prepared
    splits: Splits
    challenger: Challenger
    lineage: Lineage

    def judged(self, champion: "Run | None" = None) -> Verdict:
        return weigh(self._heard(champion), self.recipe.spec, None)

    def written(self, folder: Path, champion: "Run | None" = None) -> Written:
        heard = self._heard(champion)
        return write(folder, weigh(heard, self.recipe.spec, None), heard.held, self.subject)

    @property
    def subject(self) -> Subject:
        return Subject(self.recipe.spec, self.challenger, self.lineage)

    def version(self) -> Version:
        return Version("returns", 1, self.challenger.artifact, self.lineage, "run")

    def _heard(self, champion: "Run | None"):
        rivals = (self.challenger, champion.version() if champion else None)
        return hear(enter(self.prepared.rows, self.splits, self.recipe, rivals), judged=None)


@pytest.fixture
def train(project: Path, settings: Settings, edit: Edit, tmp_path: Path, orders: pa.Table) -> Callable[..., Run]:
    """Trains on orders of which one in forty weighs or costs what none does; of a share it is known whether it does."""
    text = (project / "deployments" / "returns.toml").read_text()
    edit("deployments/returns.toml", 'task = "binary"', 'task = "anomaly"')
    candidates = text[text.index("[[candidates]]") : text.index("[gate]")]
    edit("deployments/returns.toml", candidates, '[[candidates]]\nkind = "isolation_forest"\n\n')
    edit("deployments/returns.toml", 'metric = "roc_auc"', 'metric = "precision_at@0.025"')

    def run(known: float, as_of: datetime = AS_OF) -> Run:
        draw = np.random.default_rng(4)
        odd = draw.random(3000) < 0.025
        heavy = odd & (draw.random(3000) < 0.5)
        weight = np.where(heavy, 40 + 40 * draw.random(3000), orders["weight"].to_numpy())
        price = np.where(odd & ~heavy, 500 + 500 * draw.random(3000), orders["price"].to_numpy())
        labels = pa.array(odd, mask=draw.random(3000) >= known)
        table = orders.set_column(3, "price", pa.array(price)).set_column(4, "weight", pa.array(weight))
        table = table.set_column(6, "returned", labels)
        pyarrow.csv.write_csv(table, project / "orders.csv")
        spec, contract = load_spec("returns", settings.specs), load_contract("returns", settings.contracts)
        prepared = prepare(
            ingest(spec, contract, settings, as_of), spec, contract, folder=settings.of("returns"), as_of=as_of
        )
        recipe, splits = Recipe(spec, contract, 1), split(spec, as_of)
        made = make_challenger(prepared.rows, splits, recipe, tmp_path / f"run-{known}-{as_of.day}")
        rows = prepared.rows
        return Run(
            recipe, prepared, splits, made, Lineage(as_of, rows, rows, rows, splits, "", "", "", "", 1, "", None)
        )

    return run


def test_it_learns_from_rows_without_labels_and_waits_for_some_to_be_judged(train: Callable[..., Run]) -> None:
    run = train(known=0.0)

    counts = count_splits(run.prepared.rows, run.splits, run.recipe.spec)
    assert counts == SplitCounts(train=38 * 50, validation=0, holdout=0, unlabelled=3000)
    assert run.challenger.kind == "isolation_forest"
    assert read_sample(run.challenger.artifact.uri).num_rows == 200
    assert verify(run.challenger.artifact.uri, run.challenger.artifact.digest).max() > 0.6
    verdict = run.judged()
    assert (verdict.outcome, verdict.promotable) == ("undecided", False)
    assert verdict.reasons[0].startswith("Undecided: 0 unseen labelled rows; gate.min_rows = 50, 50 more are needed")


def test_a_few_labels_are_not_enough_and_it_says_how_many_more_are(train: Callable[..., Run]) -> None:
    run = train(known=0.04)
    verdict = run.judged()

    assert run.challenger.kind == "isolation_forest", "too few labels choose nothing, and not the baseline"
    assert verdict.outcome == "undecided"
    assert "unseen labelled rows; gate.min_rows = 50, " in verdict.reasons[0]
    assert 0 < verdict.holdout.rows < 50
    assert verdict.holdout.unlabelled_rows == 500 - verdict.holdout.rows


def test_where_labels_have_come_it_is_judged_by_the_precision_of_its_alerts(
    train: Callable[..., Run], tmp_path: Path
) -> None:
    run = train(known=0.7)
    written = run.written(tmp_path / "record")
    verdict = written.verdict

    assert verdict.reasons[0].startswith("Better: "), verdict.reasons
    assert verdict.promotable
    assert verdict.deciding.metric == "precision_at@0.025"
    assert verdict.deciding.challenger > 0.8 > 0.1 > verdict.deciding.rival
    assert not verdict.leaks
    found = {path.stem for path in Path(written.files).glob("*.svg")}
    assert {"roc", "precision_recall", "by_day"} <= found
    assert "calibration" not in found, "a score is no probability"
    for name in describe(run.subject, written, cost={}).metrics:
        _validate_metric_name(name)


def test_a_record_without_any_label_can_be_written_and_shown(train: Callable[..., Run], tmp_path: Path) -> None:
    run = train(known=0.0)
    written = run.written(tmp_path / "record")

    assert "0 unseen labelled rows" in (Path(written.files) / "verdict.md").read_text()
    assert Verdict.from_json(written.verdict.to_json()).outcome == "undecided"
    describe(run.subject, written, cost={})


def test_a_champion_is_met_on_rows_that_it_has_not_seen(train: Callable[..., Run]) -> None:
    older, run = train(known=0.7, as_of=datetime(2024, 2, 25, tzinfo=UTC)), train(known=0.7)
    arena = enter(run.prepared.rows, run.splits, run.recipe, (run.challenger, older.version()))

    assert choose(arena).seen == 0
    verdict = run.judged(older)
    assert verdict.comparison is not None
    assert verdict.outcome in {"not_worse", "undecided", "better"}
    assert verdict.reasons


def test_the_same_rows_give_the_same_bytes(train: Callable[..., Run]) -> None:
    first = train(known=0.5)
    again = make_challenger(first.prepared.rows, first.splits, first.recipe, Path(first.challenger.artifact.uri + "-2"))

    assert again.artifact.digest == first.challenger.artifact.digest
