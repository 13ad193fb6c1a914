"""How much of a model each feature carries."""

from collections.abc import Iterable


def shares(amounts: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Return each feature's share of the sum, largest first and equal ones by name; {} if the sum is 0."""
    ranked = sorted(amounts, key=lambda item: (-item[1], item[0]))
    total = sum(amount for _, amount in ranked)
    return {name: amount / total for name, amount in ranked} if total > 0 else {}
