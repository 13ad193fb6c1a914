"""When to stop a model that grows step by step."""

from dataclasses import dataclass, replace
from math import inf


@dataclass(frozen=True)
class Stopping:
    """The best loss on validation so far, and how long ago that was. The first of equals is the best."""

    patience: int
    """Steps without gain before it is over."""
    best: int = -1
    """The step that was best, counted from 0; -1: none has had a finite loss."""
    loss: float = inf
    step: int = -1
    """The step seen last."""

    def seen(self, loss: float) -> "Stopping":
        """Return where things stand after one more step."""
        step = self.step + 1
        better = loss < self.loss
        return replace(self, step=step, best=step if better else self.best, loss=loss if better else self.loss)

    @property
    def is_best(self) -> bool:
        """Say whether the step seen last is the best one."""
        return self.best == self.step >= 0

    @property
    def over(self) -> bool:
        return self.step - max(self.best, 0) >= self.patience
