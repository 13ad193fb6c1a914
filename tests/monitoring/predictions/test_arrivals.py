from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.data.window import microseconds
from tasks.monitoring.predictions.arrivals import Delays, Maturity, find_maturity, learn_delays
from tasks.settings import Settings
from tasks.spec import ModelSpec

AS_OF = datetime(2024, 3, 1, tzinfo=UTC)
HOUR = 3_600_000_000


def rows(count: int = 4000, days: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Events before AS_OF whose labels take two days on average; a fifth never gets one."""
    draw = np.random.default_rng(seed)
    events = microseconds(AS_OF) - draw.uniform(0, days * 24 * HOUR, count).round()
    arrivals = events + draw.exponential(48 * HOUR, count).round()
    return events, np.where(draw.random(count) < 0.2, np.nan, arrivals)


def test_delays_are_learned_as_they_are_although_the_latest_labels_are_on_their_way() -> None:
    events, arrivals = rows()

    found = learn_delays(events, arrivals, AS_OF)

    assert found is not None
    assert found.hours_50 == pytest.approx(48 * np.log(2), rel=0.1)
    assert found.hours_90 == pytest.approx(48 * np.log(10), rel=0.1)
    assert found.hours_99 == pytest.approx(48 * np.log(100), rel=0.15)
    assert found.share == pytest.approx(0.8, abs=0.02)


@given(seed=st.integers(0, 2**32 - 1), lost=st.booleans())
def test_labels_that_come_later_change_no_delay_now(seed: int, lost: bool) -> None:
    events, arrivals = rows()
    later = ~(arrivals <= microseconds(AS_OF))
    changed = arrivals.copy()
    changed[later] = np.nan if lost else np.random.default_rng(seed).permutation(arrivals[later])

    assert learn_delays(events, changed, AS_OF) == learn_delays(events, arrivals, AS_OF)


def test_without_any_label_there_is_no_watermark() -> None:
    events, arrivals = rows()

    found = learn_delays(events, np.full(len(arrivals), np.nan), AS_OF)

    assert Maturity(AS_OF, found).watermark is None


def test_a_few_rows_that_waited_longest_do_not_make_the_curve() -> None:
    events, arrivals = rows()
    arrivals[np.argmin(events)] = events.min() + 59 * 24 * HOUR

    found = learn_delays(events, arrivals, AS_OF)

    assert found is not None
    assert found.hours_99 < 12 * 24


def test_a_delay_that_the_spec_states_is_the_watermark(spec: ModelSpec, settings: Settings) -> None:
    found = find_maturity(spec, settings, AS_OF)

    assert found.watermark == AS_OF - timedelta(days=1)
    assert found.delays is not None
    assert found.delays.sentence == "labels arrive 24 hours after the event, as the spec says"


def test_the_learned_delays_can_be_shown() -> None:
    shown = Delays(30.2, 100, 240, rows=4000, share=0.8).sentence

    assert shown == (
        "half of the labels arrive within 30.2 hours, 90 % within 4.17 days, 99 % within 10 days, "
        "as learned from 4,000 rows; 80.0% of the rows ever get one"
    )
