"""How findings are put."""

from collections.abc import Sequence

from tasks.monitoring.realised import Realised

_ABOUT_ALL = 0.9


def percent(share: float) -> str:
    """Return a share for people, in whole per cent.

    >>> percent(0.123), percent(0.999), percent(1.0)
    ('12 %', '99 %', '100 %')
    """
    return "100 %" if share >= 1 else f"{min(round(share * 100), 99)} %"


def join(names: Sequence[str]) -> str:
    """Return columns as a person lists them.

    >>> join(["temp"]), join(["a", "b", "c"])
    ('temp', 'a, b and c')
    """
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def affected(share: float) -> str:
    """Return of how many rows something is so, to go on a sentence; nothing if it is of about all.

    >>> affected(0.4), affected(0.97)
    (' in about 40 % of the rows', '')
    """
    return "" if share > _ABOUT_ALL else f" in about {percent(share)} of the rows"


def worth(found: Realised) -> str:
    """Return what predictions were worth beside what was promised, with the 90 % interval of the loss.

    As in "roc_auc 0.733 beside 0.701 promised (loss −0.10 to 0.04)".
    """
    known = (found.value, found.promised, found.loss_low, found.loss_high)
    value, promised, low, high = ("?" if number is None else _short(number) for number in known)
    return f"{found.metric} {value} beside {promised} promised (loss {low} to {high})"


def _short(number: float) -> str:
    return f"{number:.3g}".replace("-", "−")
