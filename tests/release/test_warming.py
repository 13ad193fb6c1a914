"""A challenger that begins from the champion: what it reads, and which rows it counts as seen."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tasks.data.contract import load_contract
from tasks.data.ingestion import ingest, prepare
from tasks.data.snapshot import Snapshot
from tasks.data.splits import split
from tasks.data.window import Window
from tasks.release.arena import enter
from tasks.release.artifact import load_artifact
from tasks.release.challenger import Challenger, Recipe, make_challenger
from tasks.release.choosing import choose
from tasks.release.lineage import Lineage
from tasks.release.versions import Version
from tasks.release.warming import seen_by
from tasks.settings import Settings
from tasks.spec import load_spec

Edit = Callable[[str, str, str], None]
EARLY, LATE = datetime(2024, 2, 10, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)
WARM = '[[candidates]]\nkind = "lightgbm"\nrounds = 60\nleaves = 7\nwarm_start = "continue"\n\n[gate]'


class Maker:
    """Trains as of a day, and makes versions of what comes of it."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings, self._folder, self._count = settings, folder, 0

    def recipe(self) -> Recipe:
        return Recipe(load_spec("returns", self._settings.specs), load_contract("returns", self._settings.contracts), 1)

    def rows(self, as_of: datetime) -> Snapshot:
        recipe = self.recipe()
        found = ingest(recipe.spec, recipe.contract, self._settings, as_of)
        home = self._settings.of("returns")
        return prepare(found, recipe.spec, recipe.contract, folder=home, as_of=as_of).rows

    def train(self, as_of: datetime, champion: Version | None = None) -> Challenger:
        self._count += 1
        recipe = self.recipe()
        place = self._folder / f"run-{self._count}"
        return make_challenger(self.rows(as_of), split(recipe.spec, as_of), recipe, place, champion)

    def version(self, made: Challenger, as_of: datetime, **more: object) -> Version:
        rows, splits = self.rows(as_of), split(self.recipe().spec, as_of)
        lineage = Lineage(as_of, rows, rows, rows, splits, "", "", "", "", 1, "manual", None)
        return Version("returns", 4, made.artifact, replace(lineage, **more), "run")  # type: ignore[arg-type]


@pytest.fixture
def maker(settings: Settings, tmp_path: Path, edit: Edit) -> Maker:
    edit("deployments/returns.toml", '[[candidates]]\nkind = "linear"\n\n', "")
    edit("deployments/returns.toml", "[gate]", WARM)
    return Maker(settings, tmp_path)


def test_a_continued_challenger_has_the_champion_s_features_trees_and_the_rows_it_has_seen(maker: Maker) -> None:
    champion = maker.version(maker.train(EARLY), EARLY)
    made = maker.train(LATE, champion)

    warm = [one for one in made.candidates if one.warm]
    assert [(one.warm, one.rival is None) for one in warm] == [("continue", False)]
    if warm[0].chosen:
        model, before = (load_artifact(one.uri, one.digest) for one in (made.artifact, champion.artifact))
        assert model.features == before.features
        assert (made.parent, made.continued) == (4, seen_by(champion.lineage))


def test_without_a_champion_the_reason_stands_with_the_challenger(maker: Maker) -> None:
    made = maker.train(EARLY)

    assert [(out.what, out.why) for out in made.left_out] == [("warm_start", "there is no champion yet")]
    assert (made.parent, made.continued) == (None, None)


def test_a_champion_under_another_contract_is_not_begun_from(maker: Maker, edit: Edit) -> None:
    champion = maker.version(maker.train(EARLY), EARLY)
    edit("data_contracts/returns.py", "ge=0)\n    country", "ge=-1)\n    country")

    made = maker.train(LATE, champion)

    assert [out.why for out in made.left_out] == ["the champion, version 4, was trained under another contract"]


def test_rows_that_an_ancestor_may_have_learned_from_do_not_judge(maker: Maker) -> None:
    made = maker.train(LATE)
    splits, recipe = split(maker.recipe().spec, LATE), maker.recipe()
    learned = Window(None, splits.holdout.end - timedelta(days=6))
    champion = maker.version(maker.train(EARLY), EARLY)

    def seen(challenger: Challenger, version: Version) -> int:
        return choose(enter(maker.rows(LATE), splits, recipe, (challenger, version))).seen

    assert seen(made, champion) == 0
    assert seen(replace(made, continued=learned), champion) == 4 * 50
    assert seen(made, maker.version(made, EARLY, continued=learned)) == 4 * 50


def test_what_a_line_of_versions_has_seen_grows_with_each_of_them(maker: Maker) -> None:
    early = maker.version(maker.train(EARLY), EARLY).lineage
    first = replace(
        early, splits=replace(early.splits, train=Window(LATE - timedelta(days=40), early.splits.train.end))
    )
    second = replace(first, continued=Window(LATE - timedelta(days=90), LATE))

    assert seen_by(first) == Window(LATE - timedelta(days=40), first.splits.validation.end)
    assert seen_by(second) == Window(LATE - timedelta(days=90), LATE)
    assert seen_by(replace(first, continued=Window(None, EARLY - timedelta(days=60)))).start is None
    assert Lineage.from_json(second.to_json()) == second
