"""What a run costs: time, memory, energy and money, measured while it goes on."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic

from tasks.price import Price
from tasks.release.power import Power, Powered, no_power, power


@dataclass(frozen=True)
class Usage:
    """What a run has used so far."""

    wall_seconds: float
    cpu_seconds: float
    """Of this process, and of its children, those that have not ended yet among them."""
    peak_bytes: int
    """The most memory that one of its processes has held."""
    power: Powered
    price: Price | None = None

    @property
    def money(self) -> float | None:
        """What the machine costs for that long; None: the settings name no price."""
        return self.price.per_hour * self.wall_seconds / 3600 if self.price else None

    @property
    def metrics(self) -> dict[str, float]:
        """The same by name, with units, for MLflow; what could not be measured is left out."""
        found = {
            "cost.wall_seconds": self.wall_seconds,
            "cost.cpu_seconds": self.cpu_seconds,
            "cost.peak_megabytes": self.peak_bytes / 1e6,
            "cost.gpu_seconds": self.power.gpu_seconds,
            "cost.energy_joules": self.power.joules,
            "cost.money": self.money,
        }
        return {name: value for name, value in found.items() if value is not None}


class Meter:
    """Reads what has been used since it was made."""

    def __init__(self, price: Price | None, powered: Power) -> None:
        self._price, self._power = price, powered
        self._wall, self._cpu = monotonic(), _cpu_seconds()

    def read(self) -> Usage:
        """Return what was used until now."""
        return Usage(
            wall_seconds=monotonic() - self._wall,
            cpu_seconds=_cpu_seconds() - self._cpu,
            peak_bytes=_peak_bytes(),
            power=self._power.read(),
            price=self._price,
        )


@contextmanager
def metering(price: Price | None) -> Iterator[Meter]:
    """Meter the block, with the energy and the GPU's time where the machine tells them."""
    with power() as powered:
        yield Meter(price, powered)


def unmetered() -> Meter:
    """Return a meter without a price, for what is run outside a training."""
    return Meter(None, no_power())


def _cpu_seconds() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used) + _living_children()


def _living_children() -> float:
    import psutil

    seconds = 0.0
    for child in psutil.Process().children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.Error:  # it has just ended, and counts among those that have
            continue
        seconds += times.user + times.system
    return seconds


def _peak_bytes() -> int:
    held = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return held * 1024  # Linux tells kibibytes
