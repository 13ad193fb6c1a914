"""LightGBM's rounds as they are grown: when to stop, and where to go on after a kill."""

import json
from dataclasses import asdict
from typing import Any

from tasks.learning.checkpoints import Keeper
from tasks.learning.stopping import Stopping
from tasks.spec import LightGBMSpec


class Growth:
    """A callback of ``lightgbm.train`` that stops by validation's loss, and keeps checkpoints.

    LightGBM's own ``early_stopping`` decides the same, but has no state that could be written down. Rounds that are
    added to a booster read from its text are those of an unbroken fit, bit for bit, as long as no parameter samples
    rows or features: LightGBM does not write down the state of its random numbers.
    """

    order = 40
    """Among callbacks: after those that record."""

    def __init__(self, candidate: LightGBMSpec, keeper: Keeper) -> None:
        found = keeper.latest()
        kept: dict[str, Any] = (
            json.loads(found) if found else {"trees": "", "stopping": {"patience": candidate.patience}}
        )
        self.trees: str = kept["trees"]
        """Those that were grown before this process."""
        self.stopping = Stopping(**kept["stopping"])
        self._keeper = keeper

    @property
    def begun(self) -> int:
        """How many rounds there were before this process."""
        return self.stopping.step + 1 if self.trees else 0

    def __call__(self, env: Any) -> None:  # noqa: ANN401 - LightGBM's, of no public type
        from lightgbm.callback import EarlyStopException

        self.stopping = self.stopping.seen(env.evaluation_result_list[0][2])
        if self.stopping.over:
            raise EarlyStopException(self.stopping.best, env.evaluation_result_list)
        if self._keeper.due and env.iteration + 1 < env.end_iteration:
            trees = env.model.model_to_string(num_iteration=-1)
            self._keeper.keep(json.dumps({"trees": trees, "stopping": asdict(self.stopping)}).encode())
