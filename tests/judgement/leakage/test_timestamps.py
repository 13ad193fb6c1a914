import numpy as np
import pyarrow as pa
import pytest

from tasks.judgement.leakage.audit import audit

HOUR = 3_600_000_000
UTC = pa.timestamp("us", "UTC")


@pytest.mark.parametrize(
    "write", [lambda times: pa.array(times).cast(UTC), lambda times: times // 1_000_000, lambda times: times // 1000]
)
def test_a_time_later_than_the_event_is_told_of(loans, write) -> None:
    data = loans()
    closed = data.times + data.draw.integers(1, 50, 3000) * HOUR

    (leak,) = audit(data.case(beside={"closed_at": write(closed)})).leaks

    assert (leak.kind, leak.severity, leak.column) == ("late_timestamp", "warn", "closed_at")
    assert leak.sentence.startswith("closed_at is later than the event in 100 % of the rows")


def test_it_is_refused_when_its_distance_explains_the_target(loans) -> None:
    data = loans()
    closed = data.times + (1 + 40 * data.labels + data.draw.integers(0, 20, 3000)).astype(int) * HOUR

    (leak,) = audit(data.case(beside={"closed_at": pa.array(closed).cast(UTC)})).leaks

    assert leak.severity == "refuse"


def test_an_earlier_time_and_a_later_hour_of_an_event_that_is_only_dated_are_honest(loans) -> None:
    data = loans()
    opened = pa.array(data.times - HOUR, mask=np.arange(3000) % 7 == 0).cast(UTC)
    assert audit(data.case(beside={"opened_at": opened})).leaks == ()

    data.times = data.times // (24 * HOUR) * 24 * HOUR
    within_the_day = pa.array(data.times + 20 * HOUR).cast(UTC)
    found = audit(data.case(beside={"created_at": within_the_day})).leaks
    assert "late_timestamp" not in {leak.kind for leak in found}
