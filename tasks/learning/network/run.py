"""A fit under way: what changes from step to step, and all that must be kept for it to go on after a kill."""

import hashlib
from dataclasses import asdict, dataclass, field
from io import BytesIO
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from tasks.data.matrix import FloatArray
from tasks.learning.network import forward, schedule
from tasks.learning.network.inputs import Inputs
from tasks.learning.network.schedule import Pace
from tasks.learning.network.shape import Shape, Values
from tasks.learning.stopping import Stopping
from tasks.metrics import Task
from tasks.spec import NetworkSpec

_LONGEST_GRADIENT = 1.0
_JUDGED_AT_ONCE = 8192
_LOSSES = {
    "binary": lambda scores, labels, sum_: functional.binary_cross_entropy_with_logits(
        scores[:, 0], labels, reduction=sum_
    ),
    "multiclass": lambda scores, labels, sum_: functional.cross_entropy(scores, labels, reduction=sum_),
    "regression": lambda scores, labels, sum_: functional.mse_loss(scores[:, 0], labels, reduction=sum_),
}


@dataclass(frozen=True)
class Rows:
    """Rows in the memory of the device."""

    numbers: torch.Tensor
    codes: torch.Tensor
    labels: torch.Tensor
    weights: torch.Tensor | None = None
    """How much each row counts, 1 in the mean; None: all alike."""

    @classmethod
    def on(
        cls, device: str, inputs: Inputs, labels: np.typing.NDArray[Any], weights: FloatArray | None = None
    ) -> "Rows":
        read = [torch.tensor(array, device=device) for array in (inputs.numbers, inputs.codes, labels)]
        if weights is not None:
            read.append(torch.tensor((weights / weights.mean()).astype(np.float32), device=device))
        return cls(*read)

    def __len__(self) -> int:
        return len(self.labels)

    def at(self, which: torch.Tensor | slice) -> "Rows":
        weights = None if self.weights is None else self.weights[which]
        return Rows(self.numbers[which], self.codes[which], self.labels[which], weights)


@dataclass(frozen=True)
class Plan:
    """What is fitted, and how: all of it follows from the candidate, the rows and the seed."""

    candidate: NetworkSpec
    task: Task
    shape: Shape
    device: str
    seed: int
    pace: Pace
    start: Values = field(repr=False, compare=False)
    """The parameters to begin with, one after the other."""

    @property
    def begun(self) -> str:
        """SHA-256 of them."""
        return hashlib.sha256(np.ascontiguousarray(self.start).data).hexdigest()


class Run:
    """Parameters, their averages, the optimizer, random numbers, and how validation was predicted so far."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.epoch = self.batch = 0
        """Epochs that have been judged, and batches learned from since."""
        self.stopping = Stopping(plan.candidate.patience)
        self._parameters = {
            name: torch.tensor(values, device=plan.device).requires_grad_()
            for name, values in plan.shape.split(plan.start).items()
        }
        self.best = self._copy()
        self._generator = torch.Generator(plan.device).manual_seed(plan.seed)
        self._dropout = forward.Dropout(plan.candidate.dropout, self._generator)
        self._optimizer = self._make_optimizer()

    @property
    def over(self) -> bool:
        return self.epoch >= self.plan.pace.epochs or self.stopping.over

    def learn(self, rows: Rows) -> None:
        """Take one step down the gradient of the mean loss of ``rows``."""
        step = self.epoch * self.plan.pace.batches + self.batch
        for group in self._optimizer.param_groups:
            group["lr"] = self.plan.candidate.learning_rate * schedule.share(step, self.plan.pace.steps)
        self._optimizer.zero_grad()
        (self._loss(rows, self._dropout) / len(rows)).backward()
        torch.nn.utils.clip_grad_norm_(self._parameters.values(), _LONGEST_GRADIENT)
        self._optimizer.step()
        self.batch += 1

    def judge(self, rows: Rows) -> float:
        """End an epoch: return the mean loss on ``rows``, those of validation; the best parameters are kept."""
        with torch.no_grad():
            parts = [
                self._loss(rows.at(slice(at, at + _JUDGED_AT_ONCE)), None)
                for at in range(0, len(rows), _JUDGED_AT_ONCE)
            ]
        loss = float(sum(part.item() for part in parts) / len(rows))
        self.stopping = self.stopping.seen(loss)
        if self.stopping.is_best:
            self.best = self._copy()
        self.epoch, self.batch = self.epoch + 1, 0
        return loss

    def write(self) -> bytes:
        """Return all that changes, as bytes."""
        content = BytesIO()
        state = {
            "place": [self.epoch, self.batch],
            "stopping": asdict(self.stopping),
            "parameters": self._copy(),
            "best": self.best,
            "optimizer": self._optimizer.state_dict(),
            "generator": self._generator.get_state(),
        }
        torch.save(state, content)
        return content.getvalue()

    def read(self, content: bytes) -> None:
        """Go on from where ``write`` was called; nothing but numbers and tensors is read."""
        state = torch.load(BytesIO(content), map_location=self.plan.device, weights_only=True)
        self.epoch, self.batch = state["place"]
        self.stopping, self.best = Stopping(**state["stopping"]), state["best"]
        with torch.no_grad():
            for name, values in state["parameters"].items():
                self._parameters[name].copy_(values)
        self._optimizer.load_state_dict(state["optimizer"])
        self._generator.set_state(state["generator"].cpu())

    def _loss(self, rows: Rows, dropout: forward.Dropout | None) -> torch.Tensor:
        """Return the sum of the losses of ``rows``; a GPU multiplies in bfloat16."""
        with torch.autocast(self.plan.device, dtype=torch.bfloat16, enabled=self.plan.device == "cuda"):
            scores = forward.scores(self.plan.shape, self._parameters, rows.numbers, rows.codes, dropout)
        if rows.weights is None:
            return _LOSSES[self.plan.task](scores.float(), rows.labels, "sum")
        return (_LOSSES[self.plan.task](scores.float(), rows.labels, "none") * rows.weights).sum()

    def _copy(self) -> dict[str, torch.Tensor]:
        return {name: values.detach().clone() for name, values in self._parameters.items()}

    def _make_optimizer(self) -> torch.optim.Optimizer:
        """Return AdamW; of scales, shifts and biases nothing decays (Loshchilov and Hutter 2019)."""
        candidate, named = self.plan.candidate, self._parameters.items()
        decaying = [values for name, values in named if name.endswith("weight")]
        others = [values for name, values in named if not name.endswith("weight")]
        groups = [{"params": decaying, "weight_decay": candidate.weight_decay}, {"params": others, "weight_decay": 0.0}]
        return torch.optim.AdamW(groups, lr=candidate.learning_rate, fused=True)
