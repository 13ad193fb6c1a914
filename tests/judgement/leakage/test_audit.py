from dataclasses import replace
from time import process_time

import numpy as np
import pyarrow as pa
import pytest

from tasks.judgement.leakage.audit import audit


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_honest_data_gives_no_finding(loans, task) -> None:
    found = audit(loans(task).case())

    assert found.leaks == ()
    assert found.untested == ()


def test_a_column_is_reported_once_and_refusals_come_first(loans) -> None:
    data = loans()
    case = data.case(status=data.labels, name=np.array([f"n{i}" for i in range(3000)]))

    found = audit(replace(case, champion_named=True, seen_by_champion=7))

    assert [(leak.kind, leak.severity) for leak in found.leaks] == [
        ("target_copy", "refuse"),
        ("identifier", "warn"),
        ("champion_saw_holdout", "warn"),
    ]


def test_text_is_the_same_to_the_audit_however_it_is_encoded(loans) -> None:
    data = loans()
    words = np.array(["paid", "owed", "lost"])[(data.labels + np.arange(3000) % 2).astype(int)]
    names = {"state": words, "contract": np.array([f"c{i % 1500}" for i in range(3000)])}
    plain = data.case(**names, beside={"clerk": words}, outcomes={"end": words})

    def encoded(part):
        apart = [
            field.with_type(pa.dictionary(pa.int32(), pa.string()))
            for field in part.table.schema
            if field.type == pa.string()
        ]
        schema = pa.schema([next((a for a in apart if a.name == f.name), f) for f in part.table.schema])
        return replace(part, table=part.table.cast(schema))

    parts = {name: encoded(getattr(plain, name)) for name in ("train", "validation", "holdout")}

    assert audit(replace(plain, **parts)) == audit(plain)
    assert audit(plain).leaks


def test_too_few_rows_are_said_to_be_untested(loans) -> None:
    data = loans(rows=120)

    found = audit(data.case(status=data.labels))

    assert found.leaks == ()
    assert found.untested[0] == (
        "columns that give the label away: 72 rows of train and 48 of validation and holdout; 100 and 50 are needed"
    )


def test_labels_of_one_class_are_said_to_be_untested(loans) -> None:
    data = loans()
    data.labels = np.zeros(3000)

    assert audit(data.case()).untested == (
        "columns that give the label away: fewer than two classes have 10 rows in train, and in validation and holdout",
    )


def test_a_check_that_breaks_is_not_swallowed(loans) -> None:
    with pytest.raises(KeyError):
        audit(replace(loans().case(), features=("no such column",)))


@pytest.mark.slow
def test_three_hundred_thousand_rows_take_less_than_a_second(loans) -> None:
    data = loans(rows=300_000)
    case = data.case(**{f"x{i}": data.draw.normal(size=300_000) for i in range(17)})
    start = process_time()

    assert audit(case).leaks == ()
    assert process_time() - start < 3  # measured: about 0.4; a machine may be busy
