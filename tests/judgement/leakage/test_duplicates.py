from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from tasks.judgement.leakage.audit import audit


def copied(case, rows, keys):
    """Put rows of the holdout into train as well."""
    train, held = case.train, case.holdout
    grown = replace(
        train,
        table=pa.concat_tables([train.table, held.table.take(pa.array(rows))]),
        labels=np.concatenate([train.labels, held.labels[rows]]),
        times=np.concatenate([train.times, train.times[rows]]),
        keys=np.concatenate([train.keys, keys]),
    )
    return replace(case, train=grown)


@pytest.mark.parametrize(("rows", "severity"), [(100, "refuse"), (5, None)])
def test_rows_under_another_key_on_both_sides_are_counted(loans, rows, severity) -> None:
    case = copied(loans().case(), np.arange(rows), np.arange(rows).astype(np.uint64))

    found = audit(case).leaks

    assert [(leak.kind, leak.severity, leak.figure) for leak in found] == (
        [("duplicate_rows", severity, rows)] if severity else []
    )


def test_a_key_on_both_sides_is_refused_to_the_row(loans) -> None:
    case = loans().case()

    (leak,) = audit(copied(case, np.arange(3), case.holdout.keys[:3])).leaks

    assert (leak.kind, leak.severity, leak.figure) == ("duplicate_rows", "refuse", 3)
    assert leak.sentence.startswith("3 rows of the holdout have a key (loan) that train or validation has too")


def test_a_narrow_table_repeats_by_itself_and_that_is_said(loans) -> None:
    data = loans()
    data.columns = {"branch": data.columns["branch"], "kind": data.draw.choice(["x", "y"], 3000)}

    found = audit(data.case())

    assert found.leaks == ()
    assert found.untested == ("rows that stand on both sides: the content of 100 % repeats anyhow",)
