import pytest

from tasks.replay.progress import seconds_left


def test_the_slowest_policy_says_how_long_it_takes() -> None:
    quick, slow = [0.1 * step for step in range(1, 41)], [5.0 * step for step in range(1, 11)]

    assert seconds_left({"never": quick, "weekly": slow}, 40, 50.0) == pytest.approx(5.0 * 30)


def test_what_the_later_steps_took_the_next_will_take() -> None:
    times = [1.0, 2.0, 3.0, 4.0, 7.0, 10.0, 13.0, 16.0]

    assert seconds_left({"weekly": times}, 10, 16.0) == pytest.approx(2 * 3.0)
    assert seconds_left({"weekly": times}, 10, 18.0) == pytest.approx(2 * 3.0 - 2.0)


def test_a_policy_without_a_step_so_far_counts_as_one_that_is_about_to_make_it() -> None:
    assert seconds_left({"never": [1.0, 2.0], "weekly": []}, 2, 4.0) == pytest.approx(8.0)


def test_nothing_is_left_when_all_is_done() -> None:
    assert seconds_left({"never": [1.0, 2.0]}, 2, 9.0) == 0
