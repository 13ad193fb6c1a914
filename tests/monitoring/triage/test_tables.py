from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from tasks.monitoring.triage.tables import thinned, times_of


@pytest.mark.parametrize("rows", [300, 30_000])
def test_rows_come_in_order_of_time_whatever_their_order_in_the_table(rows: int) -> None:
    first = datetime(2024, 1, 1, tzinfo=UTC)
    shuffled = np.random.default_rng(1).permutation(rows)
    times = pa.array([first + timedelta(minutes=int(minute)) for minute in shuffled], pa.timestamp("us", "UTC"))
    table = pa.table({"time": times, "minute": shuffled})

    found = thinned(table, "time")

    assert found.num_rows == min(rows, 20_000)
    minutes = found.column("minute").to_numpy()
    assert (np.diff(minutes) > 0).all()
    assert (times_of(found, "time") == times_of(table, "time")[0] + (minutes - shuffled[0]) * 60_000_000).all()
