"""What else stands for a missing value: words such as ``?``, and numbers such as -999 that no measurement gives."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.drafting.profile import Profile

_ALWAYS = ("?", "#N/A", "#NA", "<NA>", "(null)", "\\N", "NaT", "-nan", "#DIV/0!", "#VALUE!")
"""Words that mean nothing else, in text too."""
_AMONG_NUMBERS = (
    "-",
    "--",
    ".",
    "na",
    "n.a.",
    "N.A.",
    "nil",
    "none",
    "missing",
    "Missing",
    "unknown",
    "Unknown",
    "M",
    " ",
)
"""Words that mean it where all else is numbers."""
_SENTINELS = (-9, -99, -999, -9999, -99999, 999, 9999, 99999, 999999)
_NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
_MOSTLY = 0.5
_FEWEST = 3
_APART = 1.0
"""A number that stands for missing is farther from all others than nearly all of these are from one another."""


@dataclass(frozen=True)
class Spelling:
    """A word or number that stands for missing in a column."""

    word: str
    column: str
    share: float
    """Of the rows that were looked at."""


def find_spellings(profile: Profile) -> tuple[Spelling, ...]:
    """Return what stands for missing in which columns of the sample."""
    found: list[Spelling] = []
    for name in profile.columns:
        column = profile.sample.column(name)
        words = _words(name, column)
        found += [*words, *_numbers(name, column, [one.word for one in words])]
    return tuple(one for one in found if not _means_something(one, found, profile))


def words_of(spellings: tuple[Spelling, ...]) -> list[str]:
    """Return each word once."""
    return list(dict.fromkeys(one.word for one in spellings))


def _words(name: str, column: pa.ChunkedArray) -> list[Spelling]:
    if not _is_text(column.type):
        return []
    text = column.cast(pa.string())
    filled = len(text) - text.null_count
    numbers = pc.sum(pc.match_substring_regex(text, _NUMBER)).as_py() or 0
    known = _ALWAYS + (_AMONG_NUMBERS if numbers > _MOSTLY * filled else ())
    counts = pc.value_counts(text.filter(pc.is_in(text, value_set=pa.array(known)))).to_pylist()
    return [Spelling(one["values"], name, one["counts"] / len(text)) for one in counts if one["counts"] < filled]


def _numbers(name: str, column: pa.ChunkedArray, words: list[str]) -> list[Spelling]:
    """Return the numbers that stand for missing, as they are written."""
    text = column.cast(pa.string()) if _is_text(column.type) or _is_number(column.type) else None
    if text is None or (numbers := _as_numbers(text, words)) is None:
        return []
    found = []
    for sentinel in _SENTINELS:
        here = numbers == sentinel
        others = numbers[~here & ~np.isnan(numbers) & ~np.isin(numbers, _SENTINELS)]
        if here.sum() >= _FEWEST and len(others) and _stands_apart(float(sentinel), others):
            written = pc.unique(text.filter(pa.array(here))).to_pylist()
            found += [Spelling(word, name, float(np.mean(here))) for word in written]
    return found


def _stands_apart(sentinel: float, others: "np.typing.NDArray[np.float64]") -> bool:
    low, high = np.quantile(others, [0.01, 0.99])
    gap = max(float(others.min()) - sentinel, sentinel - float(others.max()))
    return gap > _APART * max(high - low, 1e-12) and len(np.unique(others)) > _FEWEST


def _as_numbers(text: pa.ChunkedArray, words: list[str]) -> "np.typing.NDArray[np.float64] | None":
    """Return the numbers, NaN where missing; None if it is not all numbers."""
    plain = pc.if_else(pc.is_in(text, value_set=pa.array(words, pa.string())), None, text)
    try:
        numbers = pc.utf8_trim_whitespace(plain).cast(pa.float64())
    except pa.ArrowInvalid:
        return None
    return np.asarray(numbers.to_numpy(), dtype=np.float64)


def _means_something(spelling: Spelling, all_of: list[Spelling], profile: Profile) -> bool:
    """Say whether another column has the same number as a value: what a spec calls missing, it calls so in all."""
    if spelling.word.lstrip("-").replace(".", "").isdigit():
        told = {one.column for one in all_of if one.word == spelling.word}
        for name in profile.columns:
            column = profile.sample.column(name)
            if name not in told and (_is_text(column.type) or _is_number(column.type)):
                same = pc.equal(column.cast(pa.string()), spelling.word)
                if (pc.sum(same).as_py() or 0) >= _FEWEST:
                    return True
    return False


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))
