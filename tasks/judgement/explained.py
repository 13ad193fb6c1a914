"""What a page tells of how a challenger comes to its predictions."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tasks.data.matrix import FloatArray
from tasks.judgement.table import NONE, Table

DEPENDENCE = (
    "Each of the curves asks what the models would predict on average if every row had that value in one feature, and "
    "all else stayed as it is (partial dependence, Friedman 2001). Bars below show where rows are: where there are "
    "none, a curve says little, and so it does where features move together. It shows what a model does with a "
    "feature, and not what the feature causes. Where the champion has no line, it does not read the feature."
)


@dataclass(frozen=True, eq=False)
class Dependence:
    """What challenger and champion predict on average over rows if one feature has each of some values."""

    feature: str
    predicted: str
    """What is: such as "probability of late"."""
    places: FloatArray
    """The values, growing; of a category 0, 1, …; shape (points,). The value that is missing is not among them."""
    names: tuple[str, ...]
    """Of a category's values, in the order of ``places``; () for a number."""
    shares: FloatArray
    """Of rows: at each of ``places``; or, where a number has more values, in bins from the first place to the last."""
    missing: float
    """Share of rows without a value; where it is above 0, curves have one point more, the last, for them."""
    challenger: FloatArray
    champion: FloatArray | None = None
    """None: there is none, or it does not read the feature."""

    @property
    def binned(self) -> bool:
        return len(self.shares) > len(self.places)


@dataclass(frozen=True)
class Explained:
    """How a challenger comes to its predictions, ready to be shown."""

    pictures: Mapping[str, str] = field(default_factory=dict)
    """Of its first features, by name, each as the text of an SVG image."""
    rows: Table = NONE
    """Single rows, with what spoke for and against each prediction."""
    broken: str = ""
    """Why there is nothing to show, if explaining broke."""

    @property
    def text(self) -> tuple[str, ...]:
        return (DEPENDENCE,) if self.pictures else ()

    @property
    def notes(self) -> tuple[str, ...]:
        return (f"This could not be explained any further: {self.broken}",) if self.broken else ()


UNEXPLAINED = Explained()
