"""How a challenger comes to its predictions: what is shown of each kind and task, on real trainings."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tasks.data.contract import load_contract
from tasks.data.ingestion import ingest, prepare
from tasks.data.splits import split
from tasks.judgement.explained import UNEXPLAINED, Explained
from tasks.release import explaining
from tasks.release.arena import Arena, enter
from tasks.release.artifact import load_artifact
from tasks.release.challenger import Recipe, make_challenger
from tasks.release.dependence import Sight, dependences
from tasks.release.explaining import explain
from tasks.release.judging import hear
from tasks.release.lineage import Lineage
from tasks.release.versions import Version
from tasks.settings import Settings
from tasks.spec import load_spec
from tests.release.test_contest import rewrite

Edit = Callable[[str, str, str], None]
AS_OF = datetime(2024, 3, 1, tzinfo=UTC)
BOTH = '[[candidates]]\nkind = "linear"\n\n[[candidates]]\nkind = "lightgbm"\nrounds = 20\nleaves = 7\n'


@pytest.fixture
def arena(settings: Settings, tmp_path: Path, edit: Edit) -> Callable[..., Arena]:
    """Challenger and champion, which are the same, of the project as it is."""

    def make(candidate: str = 'kind = "lightgbm"\nrounds = 20', *, champion: bool = True) -> Arena:
        edit("deployments/returns.toml", BOTH, f"[[candidates]]\n{candidate}\n")
        spec, contract = load_spec("returns", settings.specs), load_contract("returns", settings.contracts)
        recipe, splits = Recipe(spec, contract, 1), split(spec, AS_OF)
        found = ingest(spec, contract, settings, AS_OF)
        prepared = prepare(found, spec, contract, folder=settings.of("returns"), as_of=AS_OF)
        made, rows = make_challenger(prepared.rows, splits, recipe, tmp_path / "run"), prepared.rows
        lineage = Lineage(AS_OF, rows, rows, rows, splits, "", "", "", "", 1, "manual", None)
        return enter(
            rows, splits, recipe, (made, Version("returns", 4, made.artifact, lineage, "") if champion else None)
        )

    return make


def shown(arena: Arena) -> Explained:
    return hear(arena, judged=None).explained


@pytest.mark.parametrize("kind", ["linear", "lightgbm"])
def test_a_training_shows_its_first_features_and_rows_whose_contributions_add_up(
    kind: str, arena: Callable[..., Arena]
) -> None:
    found = shown(arena(f'kind = "{kind}"'))

    assert found.broken == ""
    assert list(found.pictures) == ["dependence_1", "dependence_2", "dependence_3"]
    assert (
        "price: the challenger&#x27;s mean probability of returned = True goes from" in found.pictures["dependence_1"]
    )
    assert "exact" in found.rows.caption
    row = dict(zip(found.rows.head, found.rows.rows[0], strict=True))
    start, rest, score = (
        float(re.findall(rf"{word} ([+-][\d.]+)", row["adds up from"])[0]) for word in ("start", "features", "score")
    )
    named = [float(n) for n in re.findall(r"\(([+-][\d.]+)\)", row["raised by"] + row["lowered by"])]
    assert start + sum(named) + rest == pytest.approx(score, abs=0.003)
    told = float(re.findall(r"challenger ([\d.]+)%", row["predicted"])[0]) / 100
    assert 1 / (1 + np.exp(-score)) == pytest.approx(told, abs=0.001)


def test_the_same_arena_is_explained_in_the_same_bytes(arena: Callable[..., Arena]) -> None:
    ring = arena()

    assert shown(ring) == shown(ring)


@pytest.mark.parametrize(
    ("task", "target", "metric"), [("multiclass", "country", "log_loss"), ("regression", "price", "mae")]
)
def test_other_tasks_are_explained_too(
    task: str, target: str, metric: str, arena: Callable[..., Arena], edit: Edit, project: Path, orders: pa.Table
) -> None:
    price = orders["price"].to_numpy()
    rewrite(
        project, orders.set_column(2, "country", pa.array(np.array(["de", "fr", "it"])[np.digitize(price, [40, 80])]))
    )
    for was, now in (
        ('"binary"', f'"{task}"'),
        ('"roc_auc"', f'"{metric}"'),
        ('"returned"', f'"{target}"'),
        ('slices = ["country"]', ""),
    ):
        edit("deployments/returns.toml", was, now)

    found = shown(arena())

    assert found.broken == ""
    assert 1 <= len(found.pictures) <= 2
    assert len(found.rows.rows) >= 3


def test_one_that_reads_no_feature_has_nothing_to_explain(arena: Callable[..., Arena]) -> None:
    ring = arena()

    assert shown(replace(ring, challenger=replace(ring.challenger, importance={}))) is UNEXPLAINED


def test_an_explanation_that_breaks_is_a_line_of_the_page_and_no_error(
    arena: Callable[..., Arena], monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = arena()
    monkeypatch.setattr(explaining, "dependences", lambda *_, **__: 1 / 0)

    found = shown(ring)

    assert found.notes == ("This could not be explained any further: ZeroDivisionError: division by zero",)
    assert found.pictures == {}


def test_a_champion_without_the_feature_or_with_another_kind_of_it_has_no_line(arena: Callable[..., Arena]) -> None:
    ring = arena(champion=False)
    model = load_artifact(ring.challenger.artifact.uri, ring.challenger.artifact.digest)
    sight = Sight(model, explaining._sight(model, ring.held()).matrix)
    features = model.features.features
    others = tuple(replace(f, name="other") if f.name == "price" else replace(f, kind="number") for f in features)
    other = replace(sight, model=replace(model, features=replace(model.features, features=others)))

    price, country, weight = dependences(sight, other, ["price", "country", "weight"], seed=1)

    assert price.champion is None
    assert country.champion is None
    assert weight.champion is not None
    assert weight.missing == pytest.approx(0.05, abs=0.03)
    assert len(weight.challenger) == len(weight.places) + 1
    assert (country.names, country.missing) == (("de", "fr", "it"), 0)
    np.testing.assert_allclose(weight.challenger, weight.champion)


def test_a_curve_is_the_mean_of_what_the_model_says_with_the_value_set(arena: Callable[..., Arena]) -> None:
    ring = arena('kind = "linear"', champion=False)
    held = ring.held()
    (country,) = dependences(explaining._sight(ring.model, held), None, ["country"], seed=1)

    germans = held.set_column(held.column_names.index("country"), "country", pa.array(["de"] * len(held)))

    assert country.challenger[0] == pytest.approx(ring.model.predict(germans).mean(), abs=1e-9)
    assert country.shares.sum() == pytest.approx(1)


def test_a_feature_with_one_value_has_no_picture(arena: Callable[..., Arena], project: Path, orders: pa.Table) -> None:
    rewrite(project, orders.set_column(2, "country", pa.array(["de"] * len(orders))))
    ring = arena(champion=False)

    assert list(dependences(explaining._sight(ring.model, ring.held()), None, ["country"], seed=1)) == []


def test_explaining_looks_only_at_the_rows_that_judge(arena: Callable[..., Arena]) -> None:
    ring = arena(champion=False)
    heard = hear(ring, judged=None)
    first = np.arange(5)
    few = replace(heard.held, labels=heard.held.labels[:5], challenger=heard.held.challenger[:5])

    rows = explain(ring, first, few).rows.rows

    orders = {int(re.findall(r"order = (\d+)", row[1])[0]) for row in rows}
    assert orders <= set(range(2450, 2455))
