"""Epoch after epoch over rows in memory, until validation gains nothing more."""

import logging
from collections.abc import Callable
from math import isfinite

import numpy as np
import torch

from tasks.errors import CandidateFailed
from tasks.learning.checkpoints import Keeper
from tasks.learning.network.run import Plan, Rows, Run
from tasks.learning.network.shape import Parameters

_log = logging.getLogger("perennial")


def learn(
    plan: Plan, train: Rows, validation: Rows, keeper: Keeper, *, watch: Callable[[int, float], None] | None = None
) -> Parameters:
    """Return the parameters of the epoch that was best on ``validation``; ``watch`` is told the loss of each.

    Raises:
        CandidateFailed: no epoch had a finite loss.
    """
    run = Run(plan)
    if kept := keeper.latest():
        run.read(kept)
    while not run.over:
        order = _order(plan, run.epoch, len(train))
        while run.batch < plan.pace.batches:
            start = run.batch * plan.pace.batch
            run.learn(train.at(order[start : start + plan.pace.batch]))
            if keeper.due:
                keeper.keep(run.write())
        if not isfinite(loss := run.judge(validation)):
            _diverged(run)
            break
        if watch:
            watch(run.epoch, loss)
    return {name: values.cpu().numpy() for name, values in run.best.items()}


def _order(plan: Plan, epoch: int, rows: int) -> torch.Tensor:
    """Return the rows in the order of an epoch. It follows from seed and epoch: a checkpoint need not hold it."""
    order = np.random.default_rng((plan.seed, epoch)).permutation(rows)
    return torch.tensor(order, device=plan.device)


def _diverged(run: Run) -> None:
    what = f'kind = "network": the loss is not finite after epoch {run.epoch}'
    if run.stopping.best < 0:
        raise CandidateFailed(f"{what}; learning_rate is {run.plan.candidate.learning_rate:g}: set a lower one")
    _log.warning("%s; kept are the weights of epoch %s", what, run.stopping.best + 1)
