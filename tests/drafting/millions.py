"""Three million rows of twenty columns, with traps of their own: what a table of that size takes is shown by it."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from tests.drafting.tables import Table

ROWS = 3_000_000
_START = np.datetime64("2024-01-01T00:00:00", "s")
_YEAR_SECONDS = 365 * 86_400


def _write(path: Path) -> None:
    pa.csv.write_csv(payments(), path)


def payments(rows: int = ROWS, seed: int = 5) -> pa.Table:
    """Return a year of payments in order of time, of which some are disputed."""
    draw = np.random.default_rng(seed)
    amount, balance = draw.gamma(2, 20, rows).round(2), draw.gamma(3, 25, rows).round(1)
    region, plan = draw.integers(0, 4, rows), draw.integers(0, 3, rows)
    risk = 1.6 * (amount > 60) + 1.2 * (region == 3) - 1.0 * ((balance > 80) & (plan == 0)) + draw.logistic(size=rows)
    disputed = risk > 1.8
    moments = _START + np.sort(draw.integers(0, _YEAR_SECONDS, rows)).astype("timedelta64[s]")
    return pa.table(
        {
            "payment_id": 10_000_000 + np.arange(rows),
            "at": pa.array(moments),
            "session": _words([f"s{n:06x}" for n in range(400_000)], draw.integers(0, 400_000, rows)),
            "amount": amount,
            "amount_cents": (amount * 100).round().astype(np.int64),
            "balance": balance,
            "region": _words(["north", "south", "east", "west"], region),
            "plan": _words(["basic", "plus", "pro"], plan),
            "channel": _words(["app", "web", "shop", "phone", "letter"], draw.integers(0, 5, rows)),
            "currency": _words(["EUR"], np.zeros(rows, np.int64)),
            **{f"reading_{n}": _readings(draw, rows) for n in range(8)},
            "disputed": _words(["no", "yes"], disputed.astype(np.int64)),
            "refunded_at": pa.array(moments + np.timedelta64(3, "D"), mask=~disputed),  # filled by the outcome
        }
    )


def _words(words: list[str], codes: npt.NDArray[np.integer]) -> pa.Array:
    return pa.array(words).take(pa.array(codes))


def _readings(draw: np.random.Generator, rows: int) -> pa.Array:
    values = draw.normal(20, 5, rows).round(1)
    return pa.array(values, mask=draw.random(rows) < 0.01)


MILLIONS = Table(
    "millions",
    _write,
    "disputed",
    frozenset({("same", "amount_cents"), ("constant", "currency"), ("leak", "refunded_at")}),
)
