"""What things cost, in whatever unit a person counts in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

from tasks.errors import SettingsError
from tasks.replay.walk import Walk
from tasks.spec import PolicySpec


@dataclass(frozen=True)
class Prices:
    """Of a training, of a person's look at a version, of a promotion's risk, and of a loss of 1 on one row."""

    training: float = 0.0
    review: float = 0.0
    promotion: float = 0.0
    loss: float = 0.0

    @property
    def known(self) -> bool:
        """Whether a loss has a price: without one nothing says what a training may cost."""
        return self.loss > 0

    def of(self, walk: Walk) -> float:
        """Return what the policy itself cost, without what its predictions lost."""
        return walk.trainings * self.training + walk.passed * self.review + walk.promotions * self.promotion

    def scaled(self, factor: float) -> "Prices":
        """Return the same with everything but a loss that many times as dear."""
        dearer = {name: factor * getattr(self, name) for name in ("training", "review", "promotion")}
        return replace(self, **dearer)


def read_prices(given: Sequence[str], rules: PolicySpec) -> Prices:
    """Return the prices of a spec, and in their place those ``given``, such as ``training=5``.

    Raises:
        SettingsError: one is not a name and a number.
    """
    found = {"training": rules.training_cost, "loss": rules.loss_price}
    return Prices(**{**found, **_given(given)})


def _given(given: Sequence[str]) -> Mapping[str, float]:
    names = [field.name for field in fields(Prices)]
    allowed = ", ".join(f"{name}=NUMBER" for name in names)
    found = {}
    for text in ",".join(given).split(","):
        if not text:
            continue
        name, _, number = text.partition("=")
        try:
            found[name.strip()] = float(number)
        except ValueError:
            found[name.strip()] = -1.0
        if name.strip() not in names or not 0 <= found[name.strip()] < float("inf"):
            raise SettingsError(f"--costs: found {text!r}; allowed: {allowed}, from 0 up")
    return found
