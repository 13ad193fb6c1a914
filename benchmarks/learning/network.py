"""The network beside the plainest loop in torch, and beside the other kinds on flights."""

from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from time import process_time

import numpy as np

from benchmarks.learning.flights import Flights, flights
from benchmarks.markdown import Section, Table
from benchmarks.repetition import Runner
from tasks.learning.estimator import fit
from tasks.learning.network.inputs import fit_reader
from tasks.learning.network.machine import prepare
from tasks.learning.network.schedule import Pace
from tasks.learning.network.shape import Shape, join
from tasks.metrics import evaluate
from tasks.spec import CandidateSpec, LightGBMSpec, LinearSpec, NetworkSpec

GOAL = 0.95
_TIMES = (datetime(2013, 8, 1, tzinfo=UTC), datetime(2014, 1, 1, tzinfo=UTC))
_CANDIDATES: dict[str, CandidateSpec] = {
    "linear": LinearSpec(kind="linear"),
    "lightgbm": LightGBMSpec(kind="lightgbm"),
    "network": NetworkSpec(kind="network", device="cpu"),
}
_BATCH, _BATCHES, _TURNS = 1024, 60, 9


def study(runner: Runner) -> Section:
    times = _TIMES[:1] if runner.quick else _TIMES
    found = {as_of: flights(as_of) for as_of in times}
    ours, plain = _pace(found[times[0]], 3 if runner.quick else _TURNS)
    ratio = ours / plain
    rows = [line for as_of, parts in found.items() for line in _lines(as_of, parts)]
    return Section(
        title="The network",
        shows=(
            f"It learns from {ours:,.0f} rows in a second of CPU, {ratio:.2f} × what the plainest loop in torch over a "
            f"module of the same shape does; the goal is {GOAL} ×."
        ),
        missed=(f"{ratio:.2f} × the plain loop",) if ratio < GOAL else (),
        parts=(
            Table(
                ("ROC AUC on flights as of", "validation", "holdout", "CPU seconds", "rows predicted a second"), rows
            ),
        ),
        simulated=(
            f"Measured: {_TURNS} turns of {_BATCHES} batches of {_BATCH} rows for either loop, in turns, the median of "
            "each; the plain one has modules, AdamW and dropout as torch has them, and neither schedule nor clipping. "
            "Both on one thread. The kinds are fitted with their defaults to the shipped model's rows, on one thread; "
            "the seconds are those of fitting with all that belongs to it."
        ),
    )


def _pace(parts: Flights, turns: int) -> tuple[float, float]:
    """Return rows in a second of CPU: of our loop, and of the plain one."""
    prepare(NetworkSpec(kind="network", device="cpu"))
    loops = (_ours(parts), _plain(parts))
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(turns + 1):
        for loop, seconds in zip(loops, taken, strict=True):
            start = process_time()
            loop()
            seconds.append(process_time() - start)
    first, second = (_BATCH * _BATCHES / median(seconds[1:]) for seconds in taken)  # the first turn warms up
    return first, second


def _ours(parts: Flights) -> Callable[[], None]:
    import torch

    from tasks.learning.network.run import Plan, Rows, Run

    train = parts.parts["train"]
    reader = fit_reader(train.matrix)
    inputs = reader.read(train.matrix)
    candidate = NetworkSpec(kind="network", device="cpu")
    shape = Shape(inputs.numbers.shape[1], reader.levels, candidate.width, candidate.blocks, 1)
    run = Run(Plan(candidate, "binary", shape, "cpu", 1, Pace(1000, 10_000, _BATCH), join(shape.draw(1))))
    rows = Rows.on("cpu", inputs, train.labels.astype(np.float32))

    def loop() -> None:
        order = torch.randperm(len(rows))
        for start in range(0, _BATCH * _BATCHES, _BATCH):
            run.learn(rows.at(order[start : start + _BATCH]))

    return loop


def _plain(parts: Flights) -> Callable[[], None]:
    import torch

    from benchmarks.learning.plain_network import plain_network

    train = parts.parts["train"]
    reader = fit_reader(train.matrix)
    inputs = reader.read(train.matrix)
    numbers, codes = torch.tensor(inputs.numbers), torch.tensor(inputs.codes)
    labels = torch.tensor(train.labels.astype(np.float32))
    network = plain_network(numbers.shape[1], reader.levels, NetworkSpec(kind="network"))
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)

    def loop() -> None:
        order = torch.randperm(len(labels))
        for start in range(0, _BATCH * _BATCHES, _BATCH):
            which = order[start : start + _BATCH]
            scores = network(numbers[which], codes[which])[:, 0]
            loss = torch.nn.functional.binary_cross_entropy_with_logits(scores, labels[which])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return loop


def _lines(as_of: datetime, parts: Flights) -> list[list[str]]:
    lines = []
    for kind, candidate in _CANDIDATES.items():
        start = process_time()
        model = fit(candidate, parts.parts["train"], parts.parts["validation"], parts.problem)
        fitted = process_time() - start
        start = process_time()
        held = model.predict(parts.parts["holdout"].matrix)
        pace = len(held) / (process_time() - start)
        judged = model.predict(parts.parts["validation"].matrix)
        validation = evaluate("binary", parts.parts["validation"].labels, judged)["roc_auc"]
        holdout = evaluate("binary", parts.parts["holdout"].labels, held)["roc_auc"]
        lines.append(
            [f"{as_of:%d %B %Y}, {kind}", f"{validation:.4f}", f"{holdout:.4f}", f"{fitted:.1f}", f"{pace:,.0f}"]
        )
    return lines
