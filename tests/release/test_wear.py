from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from tasks.data.window import Window
from tasks.release.wear import Attempt, count_uses, record_attempt

JUNE = Window(datetime(2013, 6, 1, tzinfo=UTC), datetime(2013, 6, 15, tzinfo=UTC))
KEYS = np.arange(5, dtype=np.uint64)


def attempt(challenger: str, window: Window = JUNE) -> Attempt:
    return Attempt(challenger, "champion", window)


def test_each_attempt_on_a_row_counts_once(tmp_path: Path) -> None:
    record_attempt(tmp_path, KEYS[:3], attempt("a"))
    record_attempt(tmp_path, KEYS[2:], attempt("b"))

    assert count_uses(tmp_path, KEYS, attempt("c")).tolist() == [1, 1, 2, 1, 1]


def test_the_same_attempt_again_is_no_other(tmp_path: Path) -> None:
    for _ in range(3):
        record_attempt(tmp_path, KEYS, attempt("a"))

    assert count_uses(tmp_path, KEYS[::-1], attempt("a")).tolist() == [0] * 5
    assert count_uses(tmp_path, KEYS, attempt("b")).tolist() == [1] * 5


def test_a_window_that_shares_no_day_is_not_even_read(tmp_path: Path) -> None:
    july = Window(JUNE.end, JUNE.end + timedelta(days=14))
    record_attempt(tmp_path, KEYS, attempt("a", july))
    next(tmp_path.glob("*.npy")).write_bytes(b"not an array")

    assert count_uses(tmp_path, KEYS, attempt("b")).tolist() == [0] * 5


def test_before_the_first_attempt_nothing_was_used(tmp_path: Path) -> None:
    assert count_uses(tmp_path / "none", KEYS, attempt("a")).tolist() == [0] * 5


def test_attempts_of_other_machines_count_and_one_that_was_killed_before_it_was_kept_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERENNIAL_HOME", str(tmp_path / "a"))
    record_attempt(tmp_path / "a" / "judged", KEYS, attempt("killed"))
    monkeypatch.setenv("PERENNIAL_STORE", f"file://{tmp_path}/shared")
    record_attempt(tmp_path / "a" / "judged", KEYS, attempt("a"))
    monkeypatch.setenv("PERENNIAL_HOME", str(tmp_path / "b"))

    assert count_uses(tmp_path / "b" / "judged", KEYS, attempt("b")).tolist() == [1] * 5
    monkeypatch.setenv("PERENNIAL_HOME", str(tmp_path / "a"))
    assert count_uses(tmp_path / "a" / "judged", KEYS, attempt("b")).tolist() == [1] * 5
