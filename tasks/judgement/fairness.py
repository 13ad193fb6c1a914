"""Does the challenger treat one group of people otherwise than the rest?"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.judgement.multiplicity import holm
from tasks.judgement.partition import Partition
from tasks.judgement.resampling import Blocks, block_sums, draw
from tasks.judgement.significance import PairedTest, interval
from tasks.metrics.metric import ratio

Rows = npt.NDArray[np.bool_]

RATES: Mapping[str, Callable[[FloatArray], Rows]] = {
    "selection rate": lambda labels: np.ones(len(labels), dtype=bool),
    "true positive rate": lambda labels: labels == 1,
    "false positive rate": lambda labels: labels == 0,
}
"""Among which rows the share that is selected is counted: demographic parity, and the two halves of equalised odds
(Hardt, Price and Srebro 2016)."""


@dataclass(frozen=True)
class GroupRate:
    """How often rows of one group are selected, and all others."""

    column: str
    value: str
    rate: str
    rows: int
    group: float
    others: float
    difference: float
    low: float
    high: float
    p: float
    """The p-value of "no further apart than the limit"."""
    beyond: bool = False
    """Shown to be further apart than the limit, with all groups and rates taken together."""


@dataclass(frozen=True)
class FairnessRules:
    """How far apart groups may be, and how many rows make a group."""

    limit: float
    min_rows: int


@dataclass(frozen=True)
class Selection:
    """Which rows of a binary task a model selects. Shapes (rows,)."""

    labels: FloatArray
    selected: Rows
    blocks: Blocks


def measure(
    selection: Selection, columns: Mapping[str, Partition], test: PairedTest, rules: FairnessRules
) -> tuple[GroupRate, ...]:
    """Return each group's rates beside those of all other rows.

    A group with fewer rows than the rules ask for, or with nearly all, says nothing, and is left out.
    """
    rates = [
        _rate((column, parts.names[code], name), parts.has(code), selection, (test, rules))
        for column, parts in columns.items()
        for code in _large_enough(parts, rules.min_rows)
        for name in RATES
    ]
    beyond = holm([rate.p for rate in rates], test.alpha)
    return tuple(replace(rate, beyond=shown) for rate, shown in zip(rates, beyond, strict=True))


def _large_enough(parts: Partition, min_rows: int) -> Iterator[int]:
    sizes = parts.sizes()
    for code, size in enumerate(sizes):
        if min_rows <= size <= sizes.sum() - min_rows:
            yield code


def _rate(
    which: tuple[str, str, str], inside: Rows, selection: Selection, how: tuple[PairedTest, FairnessRules]
) -> GroupRate:
    (test, rules), blocks = how, selection.blocks
    among = RATES[which[2]](selection.labels)
    own, rest = inside & among, ~inside & among
    sums = block_sums(np.column_stack([selection.selected & own, own, selection.selected & rest, rest]), blocks)
    drawn = np.concatenate([_difference(counts @ sums) for counts in draw(blocks.count, test.resamples, test.seed)])
    kept = drawn[~np.isnan(drawn)]
    hits, all_own, others, all_rest = sums.sum(axis=0)
    group, other, difference = (
        float(ratio(hits, all_own)),
        float(ratio(others, all_rest)),
        _difference(sums.sum(axis=0)),
    )
    low, high = interval(kept, blocks.count, test.alpha)
    p = _p_beyond(float(difference), rules.limit, kept, blocks.count)
    return GroupRate(*which, int(own.sum()), group, other, float(difference), low, high, p)


def _difference(sums: FloatArray) -> FloatArray:
    return ratio(sums[..., 0], sums[..., 1]) - ratio(sums[..., 2], sums[..., 3])


def _p_beyond(difference: float, limit: float, drawn: FloatArray, blocks: int) -> float:
    from scipy.special import stdtr

    if len(drawn) < 2 or np.isnan(difference):
        return float("nan")
    error = float(drawn.std()) * np.sqrt(blocks / (blocks - 1))
    if error == 0:
        return 0.0 if abs(difference) > limit else 1.0
    return float(stdtr(blocks - 1, (limit - abs(difference)) / error))
