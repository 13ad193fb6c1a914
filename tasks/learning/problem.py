"""What is to be learned, apart from the rows and the kind of model."""

from dataclasses import dataclass

from tasks.data.matrix import Target
from tasks.learning.checkpoints import Checkpoints
from tasks.metrics import Task


@dataclass(frozen=True)
class Problem:
    """What every kind needs to know to be fitted."""

    task: Task
    target: Target
    seed: int
    threads: int
    """Threads that fitting may use; what comes out does not depend on it."""
    checkpoints: Checkpoints | None = None
    """Where long fits keep how far they have come; None: nowhere."""
