"""The network's parameters: their names, shapes, first values, and order in a file.

::

    [numbers, embedded categories] → in → block → … → block → norm → relu → out
    block: x + second(relu(first(norm(x))))

Pre-activation residual blocks as in Gorishniy et al. 2021 (ResNet), with layer norm, which no batch changes.
"""

import math
from dataclasses import dataclass
from math import ceil, prod, sqrt

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float32]
Parameters = dict[str, Values]
_WIDEST_EMBEDDING = 32


@dataclass(frozen=True)
class Shape:
    """How large a network is."""

    numbers: int
    """Columns of numbers that enter it."""
    levels: tuple[int, ...]
    """Of each category; one more row of its embedding is for what is missing or new."""
    width: int
    blocks: int
    outputs: int

    @property
    def parameters(self) -> dict[str, tuple[int, ...]]:
        """The shape of each parameter, in their order. Weights are (inputs, outputs)."""
        embedded = {f"embedding.{nth}": (levels + 1, embedding_width(levels)) for nth, levels in enumerate(self.levels)}
        entering = self.numbers + sum(columns for _, columns in embedded.values())
        square, row = (self.width, self.width), (self.width,)
        block = {"scale": row, "shift": row, "first.weight": square, "first.bias": row}
        block |= {"second.weight": square, "second.bias": row}
        return {
            **embedded,
            "in.weight": (entering, self.width),
            "in.bias": row,
            **{f"block.{nth}.{name}": shape for nth in range(self.blocks) for name, shape in block.items()},
            "scale": row,
            "shift": row,
            "out.weight": (self.width, self.outputs),
            "out.bias": (self.outputs,),
        }

    def draw(self, seed: int) -> Parameters:
        """Return the values to begin with: those of weights are uniform and as wide as torch's own ``Linear`` has them.

        numpy draws them, so they are the same on every device.
        """
        random = np.random.default_rng(seed)
        return {name: _first(name, shape, random) for name, shape in self.parameters.items()}

    def split(self, flat: Values) -> Parameters:
        """Return the parameters that stand one after the other in ``flat``; raise ValueError if it is not as long."""
        shapes = self.parameters
        ends = np.cumsum([prod(shape) for shape in shapes.values()])
        if flat.shape != (ends[-1],):
            raise ValueError(f"{flat.size:,} parameters; a network of this shape has {ends[-1]:,}")
        parts = np.split(flat, ends[:-1])
        return {name: part.reshape(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}


def join(parameters: Parameters) -> Values:
    """Return all parameters, one after the other."""
    return np.concatenate([values.ravel() for values in parameters.values()])


def embedding_width(levels: int) -> int:
    """Return the columns that a category of so many levels is embedded in: fastai's rule, found by experience."""
    return min(_WIDEST_EMBEDDING, ceil(1.6 * math.pow(levels, 0.56)))


def _first(name: str, shape: tuple[int, ...], random: np.random.Generator) -> Values:
    if name.startswith("embedding"):
        return random.normal(0, 0.05, shape).astype(np.float32)
    if name.endswith("weight"):
        bound = 1 / sqrt(max(shape[0], 1))
        return random.uniform(-bound, bound, shape).astype(np.float32)
    return np.full(shape, name.endswith("scale"), dtype=np.float32)
