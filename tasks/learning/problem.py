"""What is to be learned, apart from the rows and the kind of model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from tasks.data.code import Source
from tasks.data.matrix import Labelled, Target
from tasks.learning.checkpoints import Checkpoints
from tasks.metrics import Task

if TYPE_CHECKING:
    from tasks.learning.estimator import Fitted


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
    watch: Callable[[int, float], None] | None = None
    """Is told the loss on validation after each round, by kinds that have rounds; may end the fit by raising."""
    champion: "Fitted | None" = None
    """What a candidate with ``warm_start`` begins from."""
    sources: Mapping[str, Source] = field(default_factory=dict)
    """The files of the user's own estimators, by module."""
    unlabelled: Labelled | None = None
    """Rows of train that no label has come for, where a candidate may learn from them; their labels are nan."""
    median: bool = False
    """Absolute errors are to be small: the naive answer is a median, and no mean."""
    label_delay: timedelta = timedelta(0)
    """How long after an event its label is known."""
