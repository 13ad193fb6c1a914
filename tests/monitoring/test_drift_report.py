"""Which columns a check's page draws."""

import pyarrow as pa

from tasks.monitoring.report import MOST_COLUMNS, drawable, most_changed
from tasks.monitoring.signal import Signal


def signal(column: str, score: float) -> Signal:
    return Signal("distribution", column, score, score, score, 0.1, "up", "PSI", f"{column} changed")


def test_what_is_diagnosed_is_drawn_first_and_then_what_changed_most() -> None:
    signals = [signal("price", 0.05), signal("weight", 0.3), signal("temp", 0.01)]

    found = most_changed(["price", "quiet", "weight", "temp"], signals, ["temp"])

    assert found == ["temp", "weight", "price", "quiet"]


def test_of_many_columns_few_are_drawn() -> None:
    found = most_changed([f"x{number}" for number in range(200)], [signal("x150", 1.0)], [])

    assert len(found) == MOST_COLUMNS
    assert found[0] == "x150"


def test_a_column_that_is_empty_on_one_side_is_not_drawn() -> None:
    reference = pa.table({"a": [1.0, 2.0], "b": [1.0, 2.0]})
    current = pa.table({"a": [1.0, None], "b": pa.array([None, None], pa.float64())})

    assert drawable(reference, current) == ["a"]
