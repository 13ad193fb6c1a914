"""How far a fit is, in steps that mean the same whatever its parameters."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from tasks.spec import CandidateSpec

_WORK: Mapping[str, Callable[[Any, int], float]] = {
    # Small steps come as far as large ones in more rounds: of half the learning rate, twice as many.
    "lightgbm": lambda candidate, rounds: 2 * candidate.learning_rate * rounds,
    "network": lambda _, epochs: epochs,
}
"""How much of its work a kind has done after so many rounds. A kind that is not here cannot be interrupted."""


class Pace:
    """Tells of a fit's loss once a step."""

    WARM_UP: ClassVar[int] = 4
    """Steps in which a loss says nothing yet."""

    def __init__(self, candidate: CandidateSpec, watch: Callable[[int, float], None]) -> None:
        self.candidate, self._watch = candidate, watch
        self.seen: dict[int, float] = {}
        """The loss by step."""

    @staticmethod
    def knows(kind: str) -> bool:
        """Say whether fits of ``kind`` tell of their rounds, and so can be interrupted."""
        return kind in _WORK

    def tell(self, rounds: int, loss: float) -> None:
        """Pass on the loss after so many rounds for each step that has been reached since."""
        reached = int(_WORK[self.candidate.kind](self.candidate, rounds))
        for step in range(len(self.seen) + 1, reached + 1):
            self.seen[step] = loss
            self._watch(step, loss)
