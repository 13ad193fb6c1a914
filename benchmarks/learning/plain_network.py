"""A network of the same shape as ours, as one would write it first."""

import torch
from torch import nn

from tasks.learning.network.shape import embedding_width
from tasks.spec import NetworkSpec


def plain_network(numbers: int, levels: tuple[int, ...], spec: NetworkSpec) -> torch.nn.Module:
    """Return the module; it takes numbers and codes."""

    class Block(nn.Module):  # type: ignore[misc, unused-ignore] # torch has no types where it is not installed
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.Sequential(
                nn.LayerNorm(spec.width),
                nn.Linear(spec.width, spec.width),
                nn.ReLU(),
                nn.Dropout(spec.dropout),
                nn.Linear(spec.width, spec.width),
            )

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + self.layers(x)

    class Network(nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            widths = [embedding_width(each) for each in levels]
            self.embeddings = nn.ModuleList(map(nn.Embedding, [each + 1 for each in levels], widths))
            self.layers = nn.Sequential(
                nn.Linear(numbers + sum(widths), spec.width),
                *(Block() for _ in range(spec.blocks)),
                nn.LayerNorm(spec.width),
                nn.ReLU(),
                nn.Linear(spec.width, 1),
            )

        def forward(self, values: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
            embedded = [embedding(codes[:, nth]) for nth, embedding in enumerate(self.embeddings)]
            return self.layers(torch.cat([values, *embedded], dim=1))

    return Network()
