from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from tasks.data.window import Window
from tasks.errors import RegistryError
from tasks.monitoring import deciding, measuring, watching
from tasks.monitoring.check import Check, earlier_checks, kept_checks, save_check
from tasks.monitoring.predictions import scoring
from tasks.monitoring.predictions.run import Asked, open_scoring
from tasks.monitoring.reference import reference_of
from tasks.monitoring.watching import Watch, open_watch
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.work_records import Requested
from tasks.settings import Settings

AS_OF = datetime(2024, 2, 24, tzinfo=UTC)
Checking = Callable[..., Check]
Rewrite = Callable[[Callable[[pa.Table], pa.Table]], None]


@pytest.fixture
def check(champion: int) -> Checking:
    """Check the champion, and keep what came of it, as the flow does."""

    def run(as_of: datetime = AS_OF) -> Check:
        with open_watch("returns", as_of) as watch:
            looked = watching.look(watch)
            found = deciding.diagnose(watch, looked, measuring.signals(watch, looked))
            deciding.ask(watch, found, save_check(watch.checks, found).digest)
            return found

    assert champion == 1
    return run


@pytest.fixture
def rewrite(project: Path, orders: pa.Table) -> Rewrite:
    """Change the orders of the source."""
    return lambda change: pyarrow.csv.write_csv(change(orders), project / "orders.csv")


def later(orders: pa.Table, since: datetime) -> "np.typing.NDArray[np.bool_]":
    return np.asarray(orders["ordered_at"].cast(pa.int64()).to_numpy() >= since.timestamp() * 1e6)


def score(start: datetime, end: datetime) -> None:
    with open_scoring("returns", Asked(start, end, end)) as run:
        scoring.score(run)


def alarms(found: Check) -> set[tuple[str, str | None]]:
    return {(signal.kind, signal.column) for signal in found.alarmed}


def with_column(table: pa.Table, name: str, values: "np.typing.NDArray[np.generic] | pa.Array") -> pa.Table:
    return table.set_column(table.column_names.index(name), name, pa.array(values))


def test_a_week_in_which_nothing_changed_is_quiet(check: Checking) -> None:
    found = check()
    assert found.alarmed == ()
    assert found.diagnosis.action == "nothing"
    assert found.decision.retrain is False
    assert found.rows == 350


@pytest.mark.usefixtures("project")
def test_without_a_champion_there_is_nothing_to_watch() -> None:
    with pytest.raises(RegistryError, match="there is no champion to watch; train one, perennial train returns"):
        open_watch("returns", AS_OF).__enter__()


def test_a_unit_that_changed_is_to_be_fixed_and_nothing_is_trained(
    check: Checking, rewrite: Rewrite, settings: Settings
) -> None:
    broken = datetime(2024, 2, 17, tzinfo=UTC)

    def in_cents(orders: pa.Table) -> pa.Table:
        price = orders["price"].to_numpy()
        return with_column(orders, "price", np.where(later(orders, broken), price * 100, price))

    rewrite(in_cents)
    found = check()
    assert found.diagnosis.action == "fix_the_data"
    assert found.diagnosis.columns == ("price",)
    assert ("distribution", "price") in alarms(found)
    assert not [e for e in Ledger(settings.ledger).entries("returns") if isinstance(e.what, Requested)]


def test_a_column_that_is_gone_is_a_finding_and_no_crash(check: Checking, rewrite: Rewrite) -> None:
    rewrite(lambda orders: orders.drop_columns(["weight"]))
    found = check()
    assert ("unmeasurable", "weight") in alarms(found)
    assert found.diagnosis.action == "fix_the_data"


def test_a_window_without_rows_is_a_finding_and_no_crash(check: Checking) -> None:
    found = check(datetime(2024, 4, 1, tzinfo=UTC))
    assert found.rows == 0
    assert ("volume", None) in alarms(found)
    assert found.diagnosis.action == "fix_the_data"


def test_what_comes_after_as_of_changes_nothing(check: Checking, rewrite: Rewrite) -> None:
    score(datetime(2024, 2, 10, tzinfo=UTC), AS_OF)
    before = check().to_json()

    def shuffled(orders: pa.Table) -> pa.Table:
        after = np.flatnonzero(later(orders, AS_OF))
        order = np.arange(orders.num_rows)
        order[after] = np.random.default_rng(0).permutation(after)
        mixed = orders.take(pa.array(order))
        late = later(orders, datetime(2024, 2, 23, tzinfo=UTC))  # these labels arrive a day later, after as_of
        return with_column(mixed, "returned", np.where(late, False, orders["returned"].to_numpy(zero_copy_only=False)))

    rewrite(shuffled)
    assert check().to_json() == before


def test_a_loss_asks_once_for_a_training_however_often_it_is_seen(
    check: Checking, rewrite: Rewrite, settings: Settings
) -> None:
    turned = datetime(2024, 2, 10, tzinfo=UTC)

    def other_way(orders: pa.Table) -> pa.Table:
        labels = orders["returned"].to_numpy(zero_copy_only=False)
        return with_column(orders, "returned", np.where(later(orders, turned), ~labels, labels))

    rewrite(other_way)
    days = [datetime(2024, 2, day, tzinfo=UTC) for day in (22, 23, 24, 24)]
    found = []
    for day in days:
        score(turned, day)
        found.append(check(day))
    assert {one.diagnosis.action for one in found} == {"retrain"}
    assert [one.decision.retrain for one in found][:2] == [False, True]
    asked = [e.what for e in Ledger(settings.ledger).entries("returns") if isinstance(e.what, Requested)]
    assert [(one.reason, one.as_of, one.champion) for one in asked] == [("drift", days[1], 1)]


def test_labels_that_come_more_often_are_a_signal_once_they_have_arrived(check: Checking, rewrite: Rewrite) -> None:
    more = datetime(2024, 2, 10, tzinfo=UTC)

    def often(orders: pa.Table) -> pa.Table:
        labels, since = orders["returned"].to_numpy(zero_copy_only=False), later(orders, more)
        return with_column(orders, "returned", np.where(since, labels | (np.arange(len(labels)) % 2 == 0), labels))

    rewrite(often)
    assert ("label", "label") not in alarms(check())  # nothing was scored: no label is known
    score(more, AS_OF)
    assert ("label", "label") in alarms(check())


def test_a_reference_is_made_once_and_again_when_its_files_are_damaged(champion: int, settings: Settings) -> None:
    with open_watch("returns", AS_OF) as watch:
        first, kept = reference_of(watch.maker), reference_of(watch.maker)
        (arrays,) = settings.of("returns").glob("profiles/*/arrays.npz")
        arrays.write_bytes(b"damaged")
        again = reference_of(watch.maker)
    for one in (kept, again):
        assert one.version == champion
        assert np.array_equal(one.inputs.profile.counts, first.inputs.profile.counts)
        assert one.inputs.calibration.limit == first.inputs.calibration.limit
        assert one.sample.equals(first.sample)


def test_the_window_before_is_the_last_one_that_was_whole(check: Checking, rewrite: Rewrite) -> None:
    broken = datetime(2024, 2, 17, tzinfo=UTC)
    rewrite(
        lambda orders: with_column(
            orders, "price", np.where(later(orders, broken), 100.0, 1.0) * orders["price"].to_numpy()
        )
    )
    check(AS_OF)
    with open_watch("returns", datetime(2024, 2, 28, tzinfo=UTC)) as watch:
        seen: Window = watching.look(watch).before.window
    assert seen.end == broken


def test_a_check_is_kept_and_read_as_history(check: Checking) -> None:
    check(datetime(2024, 2, 23, tzinfo=UTC))
    with open_watch("returns", AS_OF) as watch:
        assert isinstance(watch, Watch)
        assert [one.action for one in watch.past] == ["nothing"]
    with open_watch("returns", datetime(2024, 2, 23, tzinfo=UTC)) as watch:
        assert watch.past == ()


def test_a_second_check_of_a_moment_counts_in_place_of_the_first_and_leaves_it_as_it_was(
    check: Checking, rewrite: Rewrite, settings: Settings
) -> None:
    folder = settings.of("returns") / "checks"
    check()
    (first,) = folder.iterdir()
    was = first.read_bytes()
    check()
    assert list(folder.iterdir()) == [first]  # the same was found

    rewrite(lambda orders: orders.drop_columns(["weight"]))
    check()

    assert first.read_bytes() == was
    assert [path.name for path in kept_checks(folder)] == ["20240224T000000-2.json"]
    (counts,) = earlier_checks(folder, version=1, before=datetime(2024, 2, 25, tzinfo=UTC))
    assert counts.action == "fix_the_data"
