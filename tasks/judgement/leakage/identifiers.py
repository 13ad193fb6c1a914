"""Features that name a row instead of describing it, and names that give the label away.

A number that was drawn after the outcome, a suffix that says which table the row came from, ids of one range for
each class: none of them means anything for the next row.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.matrix import FloatArray
from tasks.judgement.leakage.case import AuditCase, Leak
from tasks.judgement.leakage.coding import Coded, code_numbers, code_words, is_text, words_of
from tasks.judgement.leakage.explained import Answers, explained
from tasks.judgement.leakage.sample import View
from tasks.judgement.leakage.strength import strength
from tasks.judgement.leakage.wording import naming_rows, percent

_UNIQUE = 0.9
"""Distinct values, as a share of the rows, from which on a column names rows."""
_TELLS_BY_NAME = 0.5
"""Of the label, explained by a part of a name: a name should explain nothing."""
_TELLS_BY_CODE = 0.85
"""The same of a text that is no name: the first letter of a product's code may well mean something."""
_MORE = 0.05
"""By which such a part tells more than the whole: else the whole is a code, and its last letters are no name's."""
_MANY_WORDS = 50

Cut = Callable[[pa.Array], pa.Array]


def identifiers(case: AuditCase, seen: View) -> Iterator[Leak]:
    """Yield the features that name rows, or a part of which decides the label."""
    answers = Answers(case.task, seen.learned.labels, seen.judged.labels)
    for column in case.features:
        kind = case.train.table.schema.field(column).type
        if not (is_text(kind) or pa.types.is_integer(kind)):
            continue
        distinct = _distinct(case, seen, column)
        is_name = distinct >= _UNIQUE or column in case.key
        part, told = _best(_parts(column, seen, is_name=is_name), answers)
        whole = strength(column, seen, answers)
        if column in case.key and whole and whole.share > told:
            part, told = "the range", whole.share
        beyond = is_name or whole is None or told > whole.share + _MORE
        if beyond and told >= (_TELLS_BY_NAME if is_name else _TELLS_BY_CODE):
            yield _telling(column, part, told)
        elif distinct >= _UNIQUE and is_text(kind) and column not in case.texts:
            yield _naming(column, distinct)


def _telling(column: str, part: str, told: float) -> Leak:
    return Leak(
        "identifier",
        "refuse",
        column,
        told,
        f"{part} of {column} explains {percent(told)} of the target on later rows: an identifier that "
        f"acts as a label; {naming_rows(column)}",
    )


def _naming(column: str, distinct: float) -> Leak:
    return Leak(
        "identifier",
        "warn",
        column,
        distinct,
        f"{column} has another value in {percent(distinct)} of the rows: it names a row, and nothing can be learned "
        f"from it; {naming_rows(column)}",
    )


def _distinct(case: AuditCase, seen: View, column: str) -> float:
    """Return the share of distinct values: of the sample, and only if that is high, of all rows."""
    share = _variety(seen.learned.table.column(column)) / len(seen.learned.labels)
    if share < _UNIQUE or len(seen.learned.labels) == case.train.rows:
        return share
    return _variety(case.train.table.column(column)) / case.train.rows


def _variety(column: pa.ChunkedArray) -> int:
    """Return how many values differ; Arrow does not count those of dictionaries."""
    values = column.combine_chunks() if pa.types.is_dictionary(column.type) else column
    return int(pc.count_distinct(values.indices if pa.types.is_dictionary(column.type) else values).as_py())


def _best(parts: Mapping[str, Coded], answers: Answers) -> tuple[str, float]:
    shares = {part: float(np.nan_to_num(explained(coded, answers), nan=0.0)) for part, coded in parts.items()}
    part = max(shares, key=lambda name: shares[name], default="")
    return part, shares.get(part, 0.0)


def _parts(column: str, seen: View, *, is_name: bool) -> dict[str, Coded]:
    """Return what may give the label away in a name, as bins."""
    learned, judged = seen.learned.table.column(column), seen.judged.table.column(column)
    if not is_text(learned.type):
        return _digits(learned, judged) if is_name else {}
    words = words_of(learned).dictionary_encode(), words_of(judged).dictionary_encode()
    if len(words[0].dictionary) < _MANY_WORDS:
        return {}
    return {**_pieces(*words), **_order(*words)}


def _digits(learned: pa.ChunkedArray, judged: pa.ChunkedArray) -> dict[str, Coded]:
    """Return the last digits of numbers; of few different ones they say nothing that the number does not."""
    if pc.count_distinct(learned).as_py() < _MANY_WORDS:
        return {}
    found = {}
    for part, base in (("the last digit", 10), ("the last two digits", 100)):
        sides = [_to_float(_modulo(side, base)) for side in (learned, judged)]
        found[part] = code_numbers(*sides)[-1]
    return found


def _modulo(column: pa.ChunkedArray, base: int) -> pa.ChunkedArray:
    whole = column.cast(pa.int64())
    return pc.subtract(whole, pc.multiply(pc.divide(whole, base), base))


def _pieces(learned: pa.DictionaryArray, judged: pa.DictionaryArray) -> dict[str, Coded]:
    cuts: dict[str, Cut] = {
        "the first character": lambda words: pc.utf8_slice_codeunits(words, 0, 1),
        "the last character": lambda words: pc.utf8_slice_codeunits(words, -1),
        "the last two characters": lambda words: pc.utf8_slice_codeunits(words, -2),
        "what stands before the first digit": lambda words: pc.replace_substring_regex(words, r"\d.*$", ""),
        "the length": lambda words: pc.utf8_length(words).cast(pa.string()),
    }
    return {part: code_words(_cut(learned, cut), _cut(judged, cut)) for part, cut in cuts.items()}


def _cut(words: pa.DictionaryArray, cut: Cut) -> pa.ChunkedArray:
    return pa.chunked_array([cut(words.dictionary).take(words.indices)])


def _order(learned: pa.DictionaryArray, judged: pa.DictionaryArray) -> dict[str, Coded]:
    """Return the number that is written in a name: its range may be the label's."""
    return {"the number": code_numbers(*(_to_float(_cut(words, _number_in)) for words in (learned, judged)))[0]}


def _number_in(words: pa.Array) -> pa.Array:
    digits = pc.utf8_slice_codeunits(pc.replace_substring_regex(words, r"\D", ""), 0, 18)
    return pc.if_else(pc.equal(pc.utf8_length(digits), 0), None, digits).cast(pa.int64())


def _to_float(column: pa.ChunkedArray) -> FloatArray:
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)
