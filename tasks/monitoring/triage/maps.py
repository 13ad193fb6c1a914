"""The changes of unit that feeds suffer from: each an affine map of the right value to the one that arrives."""

from dataclasses import dataclass

from tasks.data.matrix import FloatArray


@dataclass(frozen=True)
class UnitMap:
    """``arrives = factor × right + offset``."""

    factor: float
    offset: float
    does: str
    """What it looks like, as in "looks divided by 100"."""
    units: str = ""
    """From which unit to which, where units of the world do that."""

    def apply(self, right: FloatArray) -> FloatArray:
        return self.factor * right + self.offset

    def undo(self, arrived: FloatArray) -> FloatArray:
        return (arrived - self.offset) / self.factor

    @property
    def sentence(self) -> str:
        return f"{self.does} ({self.units})" if self.units else self.does


def _times(factor: float, forth: str = "", back: str = "") -> tuple[UnitMap, UnitMap]:
    """Return the map and its inverse."""
    words = f"{factor:g}"
    return UnitMap(factor, 0, f"multiplied by {words}", forth), UnitMap(1 / factor, 0, f"divided by {words}", back)


MAPS: tuple[UnitMap, ...] = (
    *_times(10),
    *_times(100, "euros → cents, shares → percent, metres → centimetres", "cents → euros, percent → shares"),
    *_times(1000, "kilograms → grams, seconds → milliseconds", "grams → kilograms, milliseconds → seconds"),
    *_times(60, "hours → minutes, minutes → seconds", "minutes → hours, seconds → minutes"),
    *_times(3600, "hours → seconds", "seconds → hours"),
    *_times(24, "days → hours", "hours → days"),
    *_times(1e6),
    *_times(1.609344, "miles → kilometres, mph → km/h", "kilometres → miles, km/h → mph"),
    *_times(3.28084, "metres → feet", "feet → metres"),
    *_times(2.20462, "kilograms → pounds", "pounds → kilograms"),
    *_times(2.54, "inches → centimetres", "centimetres → inches"),
    *_times(25.4, "inches → millimetres", "millimetres → inches"),
    *_times(1.150779, "knots → mph", "mph → knots"),
    *_times(3.6, "m/s → km/h", "km/h → m/s"),
    *_times(2.236936, "m/s → mph", "mph → m/s"),
    *_times(1.943844, "m/s → knots", "knots → m/s"),
    *_times(33.8639, "inHg → hPa", "hPa → inHg"),
    UnitMap(5 / 9, -160 / 9, "divided by 1.8 after −32", "°F → °C"),
    UnitMap(1.8, 32, "multiplied by 1.8, +32", "°C → °F"),
    UnitMap(1, 273.15, "raised by 273.15", "°C → K"),
    UnitMap(1, -273.15, "lowered by 273.15", "K → °C"),
    UnitMap(-1, 0, "turned in sign"),
)
