"""Times among the columns read that lie after the event: something wrote them when the outcome was on its way."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from tasks.data.matrix import FloatArray
from tasks.judgement.leakage.case import AuditCase, Leak, Times
from tasks.judgement.leakage.coding import Coded, code_numbers
from tasks.judgement.leakage.explained import Answers, explained
from tasks.judgement.leakage.sample import spread
from tasks.judgement.leakage.wording import if_known_afterwards, percent

_OFTEN = 0.01
"""Of the rows: a clock that is wrong now and then is no leak."""
_TELLS = 0.3
"""Share of the label that the time after the event explains, from which on it is refused."""
_GRAINS = (86_400_000_000, 3_600_000_000, 60_000_000, 1_000_000)
"""Microseconds of a day, an hour, a minute, a second."""
_UNITS = {1: "microseconds", 1_000: "milliseconds", 1_000_000: "seconds"}
_YEAR = 366 * _GRAINS[0]
_LOOKED_AT = 1000


def late_timestamps(case: AuditCase) -> Iterator[Leak]:
    """Yield the columns of times that are later than the event in more than a few rows."""
    grain = _grain(np.concatenate([part.times for part in case.parts]))
    for column in dict.fromkeys([*case.features, *case.reads]):
        if column in (case.timestamp, *case.outcomes) or not _may_be_times(case.train.table.schema.field(column).type):
            continue
        moments = [_moments(part.table.column(column), part.times) for part in case.parts]
        gaps = [m - part.times for m, part in zip(moments, case.parts, strict=True) if m is not None]
        if len(gaps) == len(moments):
            late = float(np.mean(np.concatenate(gaps) >= grain))
            if late > _OFTEN:
                yield _leak(column, late, _told_by(gaps, case))


def _leak(column: str, late: float, told: float) -> Leak:
    also = f", and by how much explains {percent(told)} of the target" if told >= _TELLS else ""
    return Leak(
        "late_timestamp",
        "refuse" if told >= _TELLS else "warn",
        column,
        late,
        f"{column} is later than the event in {percent(late)} of the rows{also}: unless it is a time planned "
        f"beforehand, it is not known when the prediction is made; {if_known_afterwards(column)}",
    )


def _told_by(gaps: list[FloatArray], case: AuditCase) -> float:
    """Return the share of the label that the time between the event and the column explains."""
    learned, judged = gaps[0], np.concatenate(gaps[1:])
    answers = Answers(case.task, case.train.labels, np.concatenate([case.validation.labels, case.holdout.labels]))
    if min(len(learned), len(judged)) == 0:
        return 0.0
    coded: Coded = code_numbers(learned, judged)[0]
    return float(np.nan_to_num(explained(coded, answers), nan=0.0))


def _grain(times: Times) -> int:
    """Return the unit, in microseconds, in which all event times are whole: a day's event may be at any hour of it."""
    return next((grain for grain in _GRAINS if not np.any(times % grain)), 1)


def _may_be_times(kind: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind) or pa.types.is_integer(kind))


def _moments(column: pa.ChunkedArray, times: Times) -> FloatArray | None:
    """Return a column as microseconds since 1970, NaN where missing; None if it holds no times."""
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        zone = getattr(column.type, "tz", None)
        moments = column.cast(pa.timestamp("us", zone), safe=False).cast(pa.int64())
        return np.asarray(moments.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)
    if pa.types.is_integer(column.type) and (unit := _unit(column, times)):
        return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64) * unit
    return None


def _unit(column: pa.ChunkedArray, times: Times) -> int | None:
    """Return the unit in which whole numbers are times of about the events' years; None if they are not."""
    rows = spread(len(column), _LOOKED_AT)
    values = column.take(pa.array(rows)).cast(pa.float64(), safe=False).drop_null().to_numpy()
    if len(values) == 0:
        return None
    first, last = float(times[rows].min()) - _YEAR, float(times[rows].max()) + _YEAR
    return next((u for u in _UNITS if first >= 0 and np.all((values * u > first) & (values * u < last))), None)
