from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from tasks.data.contract import load_contract
from tasks.data.window import Window
from tasks.metrics import find_metric
from tasks.monitoring.performance import Predicted, realised, realised_in
from tasks.monitoring.predictions import scoring
from tasks.monitoring.predictions.arrivals import Delays, Maturity
from tasks.monitoring.predictions.run import Asked, score_alone
from tasks.monitoring.realised import Realised
from tasks.release.artifact import load_artifact
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.standing import standing
from tasks.settings import Settings
from tasks.spec import ModelSpec, load_spec

START, AS_OF = datetime(2024, 2, 10, tzinfo=UTC), datetime(2024, 2, 20, tzinfo=UTC)
WINDOW = Window(START, AS_OF)
DAY, MICROSECONDS_A_DAY = timedelta(days=1), 86_400_000_000
Look = Callable[..., Realised]
KNOWN_AT = 'Series[pd.DatetimeTZDtype] = pa.Field(nullable=True, dtype_kwargs={"unit": "us", "tz": "UTC"})'


@pytest.fixture
def look(settings: Settings) -> Look:
    """What is known at a time of the predictions for a window."""

    def run(as_of: datetime = AS_OF, window: Window = WINDOW) -> Realised:
        spec, contract = load_spec("returns", settings.specs), load_contract("returns", settings.contracts)
        return realised_in(spec, contract, settings, window=window, as_of=as_of)

    return run


@pytest.fixture
def scored(champion: int, settings: Settings) -> int:
    """The champion, with the log of the ten days after it was trained, written each night."""
    spec, contract = load_spec("returns", settings.specs), load_contract("returns", settings.contracts)
    for night in range(1, 11):
        with score_alone(spec, contract, settings, asked=Asked(None, None, START + night * DAY)) as run:
            scoring.score(run)
    return champion


@pytest.mark.usefixtures("scored")
def test_the_value_is_that_of_the_rows_whose_labels_had_arrived(
    look: Look, settings: Settings, orders: pa.Table
) -> None:
    found = look()

    champion = standing(Ledger(settings.ledger).entries("returns")).champion
    assert champion is not None
    rows = orders.slice(2000, 451)  # ten days of 50, but for those of the last day; that of midnight has just come
    said = load_artifact(champion.artifact_uri, champion.artifact).predict(rows)
    labels = rows["returned"].to_numpy().astype(float)
    assert found.value == pytest.approx(find_metric("roc_auc").bind(labels, said)(None))
    assert (found.matured, found.awaited, found.early, found.unlabelled) == (451, 49, 0, 0)
    assert found.watermark == AS_OF - DAY
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high


@pytest.mark.usefixtures("scored")
def test_the_loss_is_against_what_the_champion_showed_on_its_holdout(look: Look) -> None:
    found = look()

    assert found.promised is not None
    assert found.value is not None
    assert found.loss == pytest.approx(found.promised - found.value)
    assert found.loss is not None
    assert found.loss_low is not None
    assert found.loss_high is not None
    assert found.loss_low < found.loss < found.loss_high
    assert found.loss_low < 0, "the same orders go on: nothing was lost"


@pytest.mark.usefixtures("scored")
def test_labels_turned_round_are_a_loss_beyond_chance(look: Look, project: Path, orders: pa.Table) -> None:
    turned = pc.if_else(pc.greater_equal(orders["order"], 2000), pc.invert(orders["returned"]), orders["returned"])
    pyarrow.csv.write_csv(orders.set_column(6, "returned", turned), project / "orders.csv")

    found = look()

    assert found.loss_low is not None
    assert found.loss_low > 0.1
    assert "worse than the" in found.sentence


@pytest.mark.usefixtures("scored")
def test_before_enough_labels_have_arrived_it_is_not_yet_known_and_says_how_many_are_missing(look: Look) -> None:
    found = look(START + 2 * DAY - timedelta(hours=12), Window(START, START + 2 * DAY))

    assert (found.value, found.low, found.loss) == (None, None, None)
    assert (found.matured, found.missing, found.awaited) == (26, 24, 24)
    assert found.promised is not None
    assert found.sentence == (
        "ROC AUC is not yet known: 26 rows have matured, 24 more are needed; 24 predictions await their label"
    )


@pytest.mark.usefixtures("scored")
def test_a_prediction_that_was_made_later_is_not_known_yet(look: Look) -> None:
    found = look(START + 3 * DAY, WINDOW)

    assert found.matured + found.awaited == 150


@pytest.mark.usefixtures("champion")
def test_without_predictions_nothing_is_known_and_nothing_awaited(look: Look) -> None:
    found = look()

    assert (found.value, found.matured, found.awaited) == (None, 0, 0)
    assert found.promised is not None


def test_without_a_champion_nothing_is_known(look: Look) -> None:
    assert (look().value, look().promised, look().awaited) == (None, None, 0)


LATER = st.fixed_dictionaries({"seed": st.integers(0, 2**32 - 1), "lost": st.floats(0, 1), "moved": st.booleans()})


def with_arrivals(orders: pa.Table) -> pa.Table:
    """Labels that take half a day to nine days; those of orders that came back are quicker."""
    days = np.random.default_rng(1).uniform(0.5, 9, len(orders)) * np.where(orders["returned"], 0.5, 1)
    waits = pa.array((days * MICROSECONDS_A_DAY).astype(np.int64), pa.duration("us"))
    return orders.append_column("known_at", pc.add(orders["ordered_at"], waits))


@hypothesis(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(later=LATER)
def test_labels_that_come_later_change_nothing_now(
    later: dict[str, float], arriving: pa.Table, look: Look, project: Path
) -> None:
    """They are shuffled, lost, and moved to other times to come."""
    pyarrow.csv.write_csv(arriving, project / "orders.csv")
    before = look()

    pyarrow.csv.write_csv(_changed(arriving, later), project / "orders.csv")

    assert look() == before
    assert before.value is not None


@pytest.fixture
def arriving(scored: int, edit: Callable[[str, str, str], None], orders: pa.Table) -> pa.Table:
    """The same orders, each with the time at which its label comes."""
    assert scored
    edit("data_contracts/returns.py", "    refund", f"    known_at: {KNOWN_AT}\n    refund")
    edit("deployments/returns.toml", 'label_delay = "1d"', 'label_delay = "1d"\nlabel_time = "known_at"')
    return with_arrivals(orders)


def _changed(orders: pa.Table, later: dict[str, float]) -> pa.Table:
    draw = np.random.default_rng(int(later["seed"]))
    coming = pc.greater(orders["known_at"], pa.scalar(AS_OF, pa.timestamp("us", "UTC"))).to_numpy()
    lost = coming & (draw.random(len(orders)) < later["lost"])
    order = np.arange(len(orders))
    order[coming] = draw.permutation(order[coming])
    for name in ("returned", "refund", *(["known_at"] if later["moved"] else [])):
        values = pc.if_else(pa.array(lost), None, orders[name].take(pa.array(order)))
        orders = orders.set_column(orders.column_names.index(name), name, values)
    return orders


def test_only_rows_up_to_the_watermark_count_as_the_quick_labels_are_not_like_the_rest(
    arriving: pa.Table, look: Look, project: Path
) -> None:
    pyarrow.csv.write_csv(arriving, project / "orders.csv")

    found = look()

    assert found.watermark is not None
    assert AS_OF - 9 * DAY < found.watermark < AS_OF - 7 * DAY
    assert found.early > found.matured > 50
    assert found.matured + found.early + found.awaited + found.unlabelled == 500
    assert found.delays is not None
    assert found.delays.rows == 2500


def predicted(labels: np.ndarray) -> Predicted:
    times = np.arange(len(labels)) * MICROSECONDS_A_DAY // 20
    return Predicted(times, np.linspace(0, 1, len(labels)), labels)


ALL_THERE = Maturity(AS_OF, Delays(24, 24, 24, 0, None))


@pytest.mark.parametrize(
    ("labels", "known"),
    [
        (np.tile([0.0, 1], 25), True),
        (np.tile([0.0, 1], 24), False),  # 48 rows
        (np.ones(60), False),  # of one class
        (np.full(60, np.nan), False),
    ],
)
def test_a_value_needs_fifty_rows_of_both_classes(spec: ModelSpec, labels: np.ndarray, known: bool) -> None:
    found = realised(spec, predicted(labels), promise=None, maturity=ALL_THERE)

    assert (found.value is not None) == known
    assert (found.promised, found.loss) == (None, None)


def test_a_regression_has_a_value_whatever_its_labels(spec: ModelSpec) -> None:
    minutes = spec.model_copy(update={"task": "regression", "gate": spec.gate.model_copy(update={"metric": "mae"})})

    found = realised(minutes, predicted(np.ones(60)), promise=None, maturity=ALL_THERE)

    assert found.value == pytest.approx(0.5)


def test_where_no_label_ever_came_no_row_has_matured(spec: ModelSpec) -> None:
    found = realised(spec, predicted(np.full(60, np.nan)), promise=None, maturity=Maturity(AS_OF, None))

    assert (found.watermark, found.matured, found.awaited, found.unlabelled) == (None, 0, 60, 0)
