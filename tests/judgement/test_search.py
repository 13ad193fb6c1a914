import numpy as np

from tasks.judgement.partition import Partition
from tasks.judgement.search import SearchRules, search

ROWS = 8000
BLOCKS = np.arange(ROWS) % 14


def make_columns(seed: int = 0, columns: int = 5) -> dict[str, Partition]:
    draw = np.random.default_rng(seed)
    return {
        f"c{i}": Partition(draw.integers(0, 4, ROWS), tuple(f"c{i} = {value}" for value in "abcd"))
        for i in range(columns)
    }


def make_gains(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.01, 0.3, ROWS)


def test_a_planted_loss_is_found_by_name() -> None:
    columns = make_columns()
    gains = make_gains() - 0.3 * columns["c2"].has(1)

    found = search(gains, BLOCKS, columns, SearchRules(3, 100))

    assert found[0].name == "c2 = b"


def test_a_loss_where_two_columns_meet_is_found_and_named_by_both() -> None:
    columns = make_columns()
    gains = make_gains() - 0.4 * (columns["c1"].has(0) & columns["c3"].has(2))

    assert search(gains, BLOCKS, columns, SearchRules(3, 100))[0].name == "c1 = a and c3 = c"


def test_the_rows_that_were_searched_never_test() -> None:
    for suspect in search(make_gains(), BLOCKS, make_columns(), SearchRules(5, 50)):
        assert (BLOCKS[suspect.rows] % 2 == 1).all()


def test_suspects_have_rows_enough_share_few_of_them_and_are_no_more_than_asked() -> None:
    columns = make_columns()
    gains = make_gains() - 0.3 * columns["c2"].has(1)

    found = search(gains, BLOCKS, columns, SearchRules(4, 120))

    assert len(found) <= 4
    assert all(suspect.rows.sum() >= 120 for suspect in found)
    assert not any((suspect.rows & found[0].rows).sum() > 0.5 * suspect.rows.sum() for suspect in found[1:])


def test_the_same_rows_give_the_same_suspects_and_nobody_asking_gives_none() -> None:
    names = [[s.name for s in search(make_gains(), BLOCKS, make_columns(), SearchRules(3, 50))] for _ in range(2)]

    assert names[0] == names[1]
    assert search(make_gains(), BLOCKS, make_columns(), SearchRules(0, 50)) == []
    assert search(make_gains(), np.zeros(ROWS, dtype=np.int64), make_columns(), SearchRules(3, 50)) == []


def test_a_declared_column_is_searched_only_together_with_others() -> None:
    columns = make_columns()
    gains = make_gains() - 0.3 * columns["c2"].has(1)

    found = search(gains, BLOCKS, columns, SearchRules(3, 50, frozenset({"c2"})))

    assert "c2 = b" not in {suspect.name for suspect in found}
    assert any("c2 = b and " in suspect.name or suspect.name.endswith("and c2 = b") for suspect in found)
