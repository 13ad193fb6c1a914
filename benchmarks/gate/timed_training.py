"""``python -m benchmarks.gate.timed_training MODEL AS_OF``: `perennial train`, with a clock at the gate.

Prints one line of JSON: seconds of bringing the models together on the holdout, of hearing (predictions and the
leakage audit), of weighing, of the whole step, and how many rows judged.
"""

import json
import sys
from collections.abc import Callable
from time import perf_counter
from typing import ParamSpec, TypeVar

from deployments.cli import main
from tasks.environment import prepare_environment
from tasks.release.judging import Heard
from tasks.settings import load_settings

P = ParamSpec("P")
R = TypeVar("R")

taken: dict[str, float] = {}


def timed(name: str, function: Callable[P, R]) -> Callable[P, R]:
    """Return ``function``, which keeps how long its last call took."""

    def run(*given: P.args, **options: P.kwargs) -> R:
        start = perf_counter()
        answer = function(*given, **options)
        taken[name] = perf_counter() - start
        if isinstance(answer, Heard):
            taken["rows"] = len(answer.held.labels)
        return answer

    return run


def train(model: str, as_of: str) -> None:
    """Train as the command does; the flow calls the parts of the gate by these names."""
    prepare_environment(load_settings(), quiet_console=True)  # before Prefect is imported
    from tasks.steps import training as steps

    for name in ("enter", "hear", "weigh"):
        setattr(steps, name, timed(name, getattr(steps, name)))
    steps.judge = timed("step", steps.judge)  # type: ignore[assignment]
    sys.argv = ["perennial", "train", model, "--as-of", as_of, "--quiet"]
    try:
        main()
    finally:
        print(json.dumps(taken), flush=True)


if __name__ == "__main__":
    train(*sys.argv[1:])
