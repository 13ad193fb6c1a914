"""The network in torch, as it is while it learns. `model.py` says the same in numpy."""

from dataclasses import dataclass

import torch
from torch.nn import functional

from tasks.learning.network.model import EPSILON
from tasks.learning.network.shape import Shape

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Dropout:
    """Sets hidden values to 0 with some probability; its random numbers are its own, so that they can be kept."""

    probability: float
    generator: torch.Generator

    def __call__(self, values: torch.Tensor) -> torch.Tensor:
        if not self.probability:
            return values
        kept = torch.empty_like(values).bernoulli_(1 - self.probability, generator=self.generator)
        return values * kept.div_(1 - self.probability)


def scores(
    shape: Shape, parameters: Tensors, numbers: torch.Tensor, codes: torch.Tensor, dropout: Dropout | None
) -> torch.Tensor:
    """Return the outputs for rows, shape (rows, outputs); without ``dropout`` as when it predicts."""

    def linear(layer: str, rows: torch.Tensor) -> torch.Tensor:
        return torch.addmm(parameters[f"{layer}.bias"], rows, parameters[f"{layer}.weight"])

    def norm(layer: str, rows: torch.Tensor) -> torch.Tensor:
        scale, shift = parameters[f"{layer}scale"], parameters[f"{layer}shift"]
        return functional.layer_norm(rows, (shape.width,), scale, shift, EPSILON)

    embedded = [functional.embedding(codes[:, nth], parameters[f"embedding.{nth}"]) for nth in range(len(shape.levels))]
    x = linear("in", torch.cat([numbers, *embedded], dim=1))
    for nth in range(shape.blocks):
        block = f"block.{nth}."
        hidden = functional.relu(linear(block + "first", norm(block, x)))
        x = x + linear(block + "second", dropout(hidden) if dropout else hidden)
    return linear("out", functional.relu(norm("", x)))
