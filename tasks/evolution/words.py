"""How rows and values are told."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.drafting.field_text import TAIL, share_text

FEWEST = 3
"""Rows: fewer are slips, of which no rule is made."""


def rows_of(count: int, total: int | None = None) -> str:
    """Return so many rows in words.

    >>> rows_of(1), rows_of(1200, 4800)
    ('1 row', '1,200 of 4,800 rows (25 %)')
    """
    if total is None:
        return f"{count:,} row{'' if count == 1 else 's'}"
    return f"{count:,} of {total:,} rows ({share_text(count / total)})" if total else f"{count:,} rows"


def few(count: int, total: int) -> str | None:
    """Return why a rule is not changed for so few of the rows; None: they are not few.

    >>> few(2, 100), few(9, 10_000)
    ('2 rows are slips, and are quarantined as such', '9 rows are slips, and are quarantined as such')
    """
    if count >= FEWEST and count > TAIL * total:
        return None
    return f"{rows_of(count)} {'is a slip, and is' if count == 1 else 'are slips, and are'} quarantined as such"


def some(values: pa.ChunkedArray, rows: npt.NDArray[np.bool_]) -> str:
    """Return one of the values of ``rows``, as a person writes it."""
    return shown(values[int(np.flatnonzero(rows)[0])].as_py())


def shown(value: object) -> str:
    """Return a value: text in quotes, a number as it is.

    >>> shown("x"), shown(0.1), shown(None)
    ('"x"', '0.1', 'nothing')
    """
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return f'"{value[:40]}{"…" if len(value) > 40 else ""}"'
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def listed(words: Sequence[str], most: int = 6) -> str:
    """Return words in quotes, the first few of them."""
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(shown(word) for word in words[:most]) + more
