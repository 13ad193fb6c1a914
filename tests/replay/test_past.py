"""The small project's history, lived through with the live functions."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from tasks.data.contract import Contract
from tasks.data.window import Window
from tasks.errors import NotEnoughData, SettingsError
from tasks.metrics import find_metric
from tasks.replay import trainings
from tasks.replay.accounts import accounts
from tasks.replay.contenders import contenders
from tasks.replay.episodes import InUse
from tasks.replay.holding import hold_source
from tasks.replay.opening import Asked, open_replay
from tasks.replay.past import LivedPast, open_past
from tasks.replay.prices import Prices
from tasks.replay.scene import Scene, scene_of
from tasks.replay.served import served
from tasks.replay.stretch import find_stretch
from tasks.replay.walk import Walk, walk
from tasks.replay.walking import begin
from tasks.settings import Settings
from tasks.spec import ModelSpec
from tests.replay.conftest import STEP

BEGIN = datetime(2024, 2, 2, tzinfo=UTC)
MOMENTS = tuple(BEGIN + number * STEP for number in (1, 2, 3))


def live_through(past: LivedPast, spec: ModelSpec, *names: str, moments: Sequence[datetime] = MOMENTS) -> list[Walk]:
    made = past.train(BEGIN, None)
    first = InUse(made, past.rule(made, None, ()), BEGIN)
    return [walk(one.name, one.rules, past, first=first, moments=moments) for one in contenders(names, spec, step=STEP)]


def decided(walks: list[Walk], until: datetime) -> list[tuple[Any, ...]]:
    """Return all that was decided by ``until``, in JSON's own types and digests."""
    return [
        (
            one.name,
            step.at,
            step.check.to_json(),
            step.decision,
            step.made.digest if step.made else None,
            replace(step.ruling, files="", attempt=Path(step.ruling.attempt).name) if step.ruling else None,
        )
        for one in walks
        for step in one.steps
        if step.at <= until
    ]


def test_all_policies_serve_the_same_rows_and_only_their_champions_differ(past: LivedPast, spec: ModelSpec) -> None:
    never, always = live_through(past, spec)

    one, other = served(never), served(always)
    assert np.array_equal(one.times, other.times)
    assert np.array_equal(one.labels, other.labels)
    assert one.steps.tolist() == sorted(one.steps.tolist())
    first = one.steps == 0
    assert np.array_equal(one.predictions[first], other.predictions[first])  # the same champion, until one is promoted
    assert not np.array_equal(one.predictions[~first], other.predictions[~first])
    found = accounts([never, always], spec, find_metric("log_loss"), Prices())
    assert found[0].against_never is None
    assert found[1].against_never is not None
    assert found[1].against_never.difference == pytest.approx(found[0].loss - found[1].loss)
    assert min(one.regret for one in found) == 0


@pytest.mark.usefixtures("in_process")
def test_nothing_that_comes_later_changes_a_decision(
    project: Path,
    orders: pa.Table,
    spec: ModelSpec,
    contract: Contract,
    settings: Settings,
    scene: Scene,
) -> None:
    with open_past(scene) as past:
        before = decided(live_through(past, spec), MOMENTS[1])

    times = orders["ordered_at"].cast(pa.int64()).to_numpy()
    until = MOMENTS[1].timestamp() * 1e6
    arrived = times + timedelta(days=1).total_seconds() * 1e6 <= until
    draw = np.random.default_rng(0)
    returned = np.where(arrived, orders["returned"].to_numpy(), draw.random(len(times)) < 0.5)
    other = orders.set_column(orders.column_names.index("returned"), "returned", pa.array(returned))
    price = np.where(times < until, orders["price"].to_numpy(), orders["price"].to_numpy() * 50)
    other = other.set_column(other.column_names.index("price"), "price", pa.array(price))
    kept = other.filter(pa.array((times < until) | (draw.random(len(times)) < 0.5)))
    pyarrow.csv.write_csv(kept, project / "orders.csv")
    changed = scene_of(spec, contract, settings, history=replace_digest(scene), step=STEP, end=scene.end)
    with open_past(changed) as past:
        after = decided(live_through(past, spec), MOMENTS[1])

    assert len(before) == 4
    assert after == before


def replace_digest(scene: Scene) -> Any:
    """Return a reference whose digest is that of no other history: what is kept of the other one is not taken."""

    class Other:
        digest = f"not {scene.folder.name}"

    return Other()


@pytest.mark.usefixtures("in_process")
def test_what_was_lived_through_is_kept_for_the_next_time(
    scene: Scene, spec: ModelSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_past(scene) as past:
        first = decided(live_through(past, spec), MOMENTS[-1])

    monkeypatch.setattr(trainings, "make_challenger", None)
    with open_past(scene) as past:
        again = decided(live_through(past, spec), MOMENTS[-1])

    assert again == first


def test_the_live_home_is_not_touched(past: LivedPast, spec: ModelSpec, settings: Settings) -> None:
    live_through(past, spec)

    there = {path.name for path in settings.of("returns").iterdir()}
    assert there == {"raw", "replay"}  # the rows of all of it, read once, and what was made of them
    assert not (settings.home / "ledger.db").exists()


def test_data_that_the_live_flow_refuses_make_no_challenger(past: LivedPast, project: Path, orders: pa.Table) -> None:
    times = orders["ordered_at"].cast(pa.int64()).to_numpy()
    gone = (times >= datetime(2024, 1, 20, tzinfo=UTC).timestamp() * 1e6) & (times < BEGIN.timestamp() * 1e6)
    pyarrow.csv.write_csv(orders.filter(pa.array(~gone)), project / "orders.csv")

    made = past.train(BEGIN, None)

    assert made.challenger is None
    assert "holdout" in made.why_not
    assert "at least 50 are needed" in made.why_not


def test_a_replay_begins_when_a_first_model_can_be_trained(
    spec: ModelSpec, contract: Contract, settings: Settings
) -> None:
    window = Window(None, datetime(2024, 3, 15, tzinfo=UTC))

    found = find_stretch(spec, contract, settings, asked=window, step=timedelta(days=3))

    assert found.first == datetime(2024, 2, 2, tzinfo=UTC)  # 10 days to train on, 20 that choose and judge, 2 of delay
    assert found.moments[0] - found.first == timedelta(days=3)
    assert found.end <= datetime(2024, 3, 1, tzinfo=UTC)


def test_a_history_of_too_few_steps_is_refused_with_what_would_help(
    spec: ModelSpec, contract: Contract, settings: Settings
) -> None:
    window = Window(None, datetime(2024, 3, 15, tzinfo=UTC))

    with pytest.raises(NotEnoughData, match=r"there are 3 steps of 7d; at least 4 are needed. Take shorter steps"):
        find_stretch(spec, contract, settings, asked=window, step=STEP)
    early = Window(datetime(2024, 1, 5, tzinfo=UTC), window.end)
    with pytest.raises(SettingsError, match=r"--from: found 2024-01-05.*allowed: from 2024-02-02"):
        find_stretch(spec, contract, settings, asked=early, step=STEP)


@pytest.mark.usefixtures("in_process")
def test_the_source_is_read_once_and_what_is_decided_does_not_depend_on_it(
    project: Path, spec: ModelSpec, contract: Contract, settings: Settings, scene: Scene
) -> None:
    with open_past(scene) as past:
        from_source = decided(live_through(past, spec, moments=MOMENTS[:1]), MOMENTS[0])

    with hold_source(spec, contract, settings, until=scene.end) as held:
        other = replace(scene, settings=held.settings, folder=scene.folder.with_name("other"))
        (project / "orders.csv").unlink()
        with open_past(other) as past:
            from_copy = decided(live_through(past, spec, moments=MOMENTS[:1]), MOMENTS[0])

    assert from_copy == from_source
    assert list(held.place.parent.iterdir()) == []


def test_what_a_killed_replay_held_is_cleared_away_and_what_another_holds_is_not(
    spec: ModelSpec, contract: Contract, settings: Settings
) -> None:
    end = datetime(2024, 3, 1, tzinfo=UTC)
    left = settings.replays("returns") / "held" / "left"
    left.mkdir(parents=True)

    with (
        hold_source(spec, contract, settings, until=end) as one,
        hold_source(spec, contract, settings, until=end) as two,
    ):
        assert set(left.parent.iterdir()) == {one.place, two.place}


@pytest.mark.usefixtures("history", "in_process")
def test_with_a_store_a_replay_puts_nothing_into_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERENNIAL_STORE", f"file://{tmp_path}/shared")

    with open_replay("returns", Asked(end=datetime(2024, 4, 1, tzinfo=UTC), step=timedelta(days=12))) as replay:
        first, moments = begin(replay)
        replay.past.see(first, moments[0])

    assert list((tmp_path / "shared").rglob("*")) == []
    assert {path.name for path in replay.folder.parents[1].iterdir()} == {"replay"}
