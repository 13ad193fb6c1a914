"""Numbers of a judgement as people read them."""

from math import ceil, floor, isfinite, isnan, log10

from tasks.judgement.comparison import Comparison

NOTHING = "–"
"""What stands where there is no number."""


def facts(comparison: Comparison, rival: str) -> str:
    """Return the comparison in one line: both values, the gain and its interval, and the rows it rests on."""
    c, show = comparison, number_format(comparison)
    own, other = (number(value, show) for value in (c.challenger, c.rival))
    gain, low, high = (number(value, f"+{show}") for value in (c.difference, c.low, c.high))
    return f"{c.label} {own} against the {rival}'s {other}, gain {gain} [{low}, {high}] on {c.rows:,} rows"


def number(value: float, show: str) -> str:
    """Return ``value`` in the format ``show``; a dash where there is none."""
    return NOTHING if isnan(value) else f"{value:{show}}"


def times(count: float) -> str:
    """Return how often something happened, in words."""
    return "once" if count == 1 else f"{figure(count)} times"


def show(value: float, digits: int = 4, *, sign: str = "") -> str:
    """Return ``value`` with so many digits."""
    return number(value, f"{sign},.{digits}f")


def gain(c: Comparison) -> str:
    """Return by how much the challenger is better."""
    return number(c.difference, f"+{number_format(c)}")


def visible(c: Comparison) -> str:
    """Return the smallest true gain that would probably have been seen."""
    return number(c.smallest_visible, number_format(c))


def interval(c: Comparison) -> str:
    """Return what the gain may truly be."""
    digits = number_format(c)
    return NOTHING if isnan(c.low) else f"{c.low:+{digits}} to {c.high:+{digits}}"


def number_format(comparison: Comparison) -> str:
    """Return the format that shows two or three digits of the interval's width, whatever the metric's unit."""
    width = comparison.high - comparison.low
    if not isfinite(width) or width <= 0:
        return ",.4f"
    return f",.{min(max(2 - round(log10(width)), 0), 12)}f"


def figure(value: float) -> str:
    """Return ``value`` with two digits that say something."""
    return f"{value:.2g}"


def about(rows: float) -> int:
    """Return ``rows`` rounded up to two digits: it is an estimate."""
    unit = int(10 ** max(floor(log10(rows)) - 1, 0))
    return ceil(rows / unit) * unit
