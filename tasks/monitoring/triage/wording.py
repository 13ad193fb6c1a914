"""How findings are put."""

from collections.abc import Sequence


def percent(share: float) -> str:
    """Return a share for people, in whole per cent.

    >>> percent(0.123), percent(0.999), percent(1.0)
    ('12 %', '99 %', '100 %')
    """
    return "100 %" if share >= 1 else f"{min(round(share * 100), 99)} %"


def join(names: Sequence[str]) -> str:
    """Return columns as a person lists them.

    >>> join(["temp"]), join(["a", "b", "c"])
    ('`temp`', '`a`, `b` and `c`')
    """
    quoted = [f"`{name}`" for name in names]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else quoted[0] if quoted else ""
