"""Which policy the replay recommends, why, and how far that depends on what things cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isfinite

from tasks.replay.accounts import NEVER, Account
from tasks.replay.prices import Prices

ENOUGH = 0.95
"""Share of the best gain over never training again, from which on fewer trainings count for more."""


_SHARES = (0.8, 0.9, 0.99, 1.0)
_NOTHING = "no policy is shown to have lost less than never training again"
WAITS = "on_performance"
"""The policy that trains once a loss is certain."""


@dataclass(frozen=True)
class Advice:
    """What the replay recommends."""

    policy: str
    reasons: tuple[str, ...]
    sensitivity: tuple[str, ...]
    """What it would be at other prices, or at other shares of the gain."""
    too_short: str | None
    """Why this history cannot say, and how much more it would take; None: it can."""


def advise(accounts: Sequence[Account], prices: Prices, margin: float) -> Advice:
    """Return the cheapest policy; or, where a loss has no price, the sparest of those nearly as good as the best.

    ``margin`` is how much more loss still counts as no worse, in the unit that the accounts are in.
    """
    if prices.known:
        chosen = _cheapest(accounts, prices)
        reasons, sensitivity = _reasons_priced(accounts, chosen, prices), _by_price(accounts, prices)
    else:
        chosen = _sparest(accounts, ENOUGH, margin)
        reasons, sensitivity = _reasons(accounts, chosen, margin), _by_share(accounts, chosen)
    return Advice(chosen.name, tuple(reasons), tuple(sensitivity), _too_short(accounts))


def _cheapest(accounts: Sequence[Account], prices: Prices) -> Account:
    return min(accounts, key=lambda one: (one.total(prices), one.walk.trainings, one.name == NEVER))


def _sparest(accounts: Sequence[Account], share: float, margin: float = 0.0) -> Account:
    """Return the policy of the fewest trainings that is shown to gain, and nearly as much as the best.

    Nearly: such a ``share`` of the best gain, or short of it by no more than the ``margin``. Where none is shown to
    gain more than that, it is the one that waits for a loss: until there is one it costs what never does.
    """
    shown = _shown(accounts)
    most = max(map(_gain, shown), default=0.0)
    if most <= margin:
        return _waiting(accounts)
    enough = most - max((1 - share) * most, margin)
    return min((one for one in shown if _gain(one) >= enough), key=lambda one: (one.walk.trainings, -_gain(one)))


def _shown(accounts: Sequence[Account]) -> list[Account]:
    """Return those that are shown to have lost less than never training again."""
    return [one for one in accounts if one.against_never and one.against_never.beaten]


def _gain(account: Account) -> float:
    return account.against_never.difference if account.against_never else 0.0


def _waiting(accounts: Sequence[Account]) -> Account:
    """Return the policy that trains once a loss is certain; never, if that one lost more, or is not there."""
    waits = [one for one in accounts if one.name == WAITS and one.against_never and one.against_never.high >= 0]
    return waits[0] if waits else _never(accounts)


def _never(accounts: Sequence[Account]) -> Account:
    return next(one for one in accounts if one.name == NEVER)


def _reasons(accounts: Sequence[Account], chosen: Account, margin: float) -> list[str]:
    best = max(_shown(accounts), key=_gain, default=None)
    if best is None or _gain(best) <= margin:
        return _reasons_to_wait(best, chosen, margin)
    always = max(accounts, key=lambda one: one.walk.trainings)
    gains = f"it gains {_gain(chosen):.4g} a row over never training again"
    if chosen.walk.trainings == always.walk.trainings:
        return [f"{gains}, and no policy with fewer trainings does"]
    share = f"{_gain(chosen) / _gain(best):.0%} of the gain of {best.name}, the best in hindsight"
    lines = [
        f"{gains}, {'the most of all' if chosen.name == best.name else share}",
        f"with {chosen.walk.trainings} trainings, where {always.name} made {always.walk.trainings}",
    ]
    lacks = _gain(best) - _gain(chosen)
    if lacks > (1 - ENOUGH) * _gain(best):
        lines.append(f"what it lacks, {lacks:.2g}, is less than the {margin:.2g} that counts as not worse")
    return lines


def _reasons_to_wait(best: Account | None, chosen: Account, margin: float) -> list[str]:
    lines = [_NOTHING]
    if best:
        lines = [
            f"{best.name} gains the most over never training again: {_gain(best):.2g} a row, and up to {margin:.2g} "
            "counts as not worse"
        ]
    if chosen.name != NEVER:
        lines.append(f"{chosen.name} trains only once a loss is certain: {_count(chosen.walk.trainings)} here")
    return lines


def _reasons_priced(accounts: Sequence[Account], chosen: Account, prices: Prices) -> list[str]:
    never = _never(accounts)
    saved = never.total(prices) - chosen.total(prices)
    lines = [f"it costs {chosen.total(prices):.6g} in all, the least: {_count(chosen.walk.trainings)} and what it lost"]
    if chosen.name != NEVER:
        lines.append(f"never training again would have cost {saved:.4g} more")
        if chosen.against_never and not chosen.against_never.beaten:
            lines.append("that it lost less than never training again is not shown beyond chance")
    return lines


def _by_price(accounts: Sequence[Account], prices: Prices) -> list[str]:
    return [
        f"with trainings, reviews and promotions {words}: {_cheapest(accounts, prices.scaled(factor)).name}"
        for factor, words in ((2.0, "twice as dear"), (0.5, "half as dear"))
    ]


def _by_share(accounts: Sequence[Account], chosen: Account) -> list[str]:
    """Return what would be recommended for shares of the best gain alone; one line, if it is always ``chosen``."""
    found = {share: _sparest(accounts, share).name for share in _SHARES}
    if set(found.values()) == {chosen.name}:
        return [f"it is the same for {_SHARES[0]:.0%} to {_SHARES[-1]:.0%} of the best gain"]
    return [f"asked for {share:.0%} of the best gain: {name}" for share, name in found.items()]


def _too_short(accounts: Sequence[Account]) -> str | None:
    """Say how much more history would show the largest difference, if this one shows none."""
    against = [(one, one.against_never) for one in accounts if one.against_never]
    if not against or any(pair.beaten or pair.high < 0 for _, pair in against):
        return None
    one, pair = max(against, key=lambda found: abs(found[1].difference))
    if pair.identical or not isfinite(pair.smallest_visible) or pair.difference == 0:
        return None
    times = (pair.smallest_visible / abs(pair.difference)) ** 2
    if times <= 1:
        return None
    days = (one.walk.steps[-1].at - one.walk.steps[0].at).days
    return (
        f"this history cannot tell the policies apart: {one.name} differs from never by {pair.difference:+.4g}, and "
        f"the smallest difference that it shows is {pair.smallest_visible:.4g}; a difference like that would take "
        f"about {ceil(times * days):,} days, {times:.1f} times as many"
    )


def _count(trainings: int) -> str:
    return "1 training" if trainings == 1 else f"{trainings} trainings"
