"""Groups on both sides of the split: rows of one patient, one machine, one household.

A model that knows the patient need not know the disease. The holdout then says how well it remembers, and not
how well it will do on the next patient.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.distinct import distinct
from tasks.judgement.leakage.case import AuditCase, Leak
from tasks.judgement.leakage.coding import MISSING, UNSEEN, Coded, code_values, code_words, is_text
from tasks.judgement.leakage.explained import Answers, explained
from tasks.judgement.leakage.sample import View
from tasks.judgement.leakage.wording import percent, rows
from tasks.metrics import Task

_DECIDES: dict[Task, float] = {"binary": 0.85, "multiclass": 0.85, "regression": 0.985}
"""A shop's mean explains most of its sales, honestly: a regression's bar is higher."""
_FEWEST_GROUPS = 20
_FEWEST_SHARED = 30
_LEAST_SHARED = 0.05
_ROWS_A_GROUP = 2
_PULL = 0.1
"""The label of one row is that of its group, if it is what is sought."""


def shared_groups(case: AuditCase) -> Iterator[Leak]:
    """Yield the declared groups that stand on both sides of the split."""
    held = case.holdout.groups
    before = [part.groups for part in (case.train, case.validation) if part.groups is not None]
    if held is None or not before:
        return
    both = np.isin(held, np.concatenate(before))
    if both.any():
        count, common = int(both.sum()), len(distinct(held[both]))
        yield Leak(
            "shared_groups",
            "refuse",
            None,
            count,
            f"{rows(count)} of the holdout are of {common:,} groups that train or validation has too: "
            "a group must stay on one side of the split",
        )


def undeclared_groups(case: AuditCase, seen: View) -> Iterator[Leak]:
    """Yield the columns beside the features whose values stand on both sides and nearly decide the label.

    The label of a value in train is then the label of the same value in the holdout. All rows are looked at: of
    small groups, some rows would show only one each.
    """
    answers = Answers(case.task, case.train.labels, np.concatenate([case.validation.labels, case.holdout.labels]))
    for field in case.train.table.schema:
        column = field.name
        if column in case.features or column == case.timestamp or column in case.outcomes:
            continue
        if not (is_text(field.type) or pa.types.is_integer(field.type)):
            continue
        if _is_unique(seen.learned.table.column(column)):
            continue
        later = [part.table.column(column) for part in (case.validation, case.holdout)]
        coded = _values(case.train.table.column(column), pa.chunked_array([c for part in later for c in part.chunks]))
        told, shared = _told(coded, answers) if coded else (0.0, 0.0)
        if told >= _DECIDES[case.task]:
            yield _leak(column, told, shared)


def _values(learned: pa.ChunkedArray, judged: pa.ChunkedArray) -> Coded | None:
    """Return the bins of a column that may name a group, of text or whole numbers: each value in several rows."""
    coded = code_words(learned, judged) if is_text(learned.type) else code_values(*_whole(learned, judged))
    many = _FEWEST_GROUPS <= coded.count - 2 <= len(coded.learned) / _ROWS_A_GROUP
    return coded if many else None


def _whole(*columns: pa.ChunkedArray) -> list[pa.Array]:
    return [column.combine_chunks() for column in columns]


def _is_unique(column: pa.ChunkedArray) -> bool:
    """Say by a look at some rows whether a column names rows, and so no groups of them."""
    plain = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
    return bool(pc.count_distinct(plain).as_py() == len(plain))


def _told(coded: Coded, answers: Answers) -> tuple[float, float]:
    """Return the share of the label that values seen in train explain, and the share of rows that have such a value."""
    shared = (coded.judged != UNSEEN) & (coded.judged != MISSING)
    if shared.sum() < max(_FEWEST_SHARED, _LEAST_SHARED * len(shared)):
        return 0.0, 0.0
    filled = coded.learned != MISSING
    told = explained(coded.rows(filled, shared), answers.rows(filled, shared), pull=_PULL)
    return float(np.nan_to_num(told, nan=0.0)), float(shared.mean())


def _leak(column: str, told: float, shared: float) -> Leak:
    return Leak(
        "shared_groups",
        "refuse",
        column,
        told,
        f"{percent(shared)} of the later rows have a value of {column} that train has too, and its rows there explain "
        f'{percent(told)} of the target: keep its rows together, source.group = "{column}"',
    )
