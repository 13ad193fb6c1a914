"""Energy and a GPU's time, where the machine tells them: RAPL of the processors, nvidia-smi of the GPUs.

Both are of the whole machine: what else runs on it meanwhile is counted as well.
"""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from time import monotonic

_RAPL = Path("/sys/class/powercap")
_RAPL_SECONDS = 30
"""Between two looks: the counter of a processor starts again from 0 after some 20 minutes at the least."""
_SMI = "nvidia-smi"
_SMI_SECONDS = 1
_QUERY = ("--query-gpu=index,utilization.gpu,power.draw", "--format=csv,noheader,nounits", f"--loop={_SMI_SECONDS}")


@dataclass(frozen=True)
class Powered:
    """What the machine told; None: it tells nothing of that."""

    joules: float | None = None
    gpu_seconds: float | None = None
    """Seconds of GPUs at full use: two GPUs half in use for a minute are 60."""


class Power:
    """What the machine has told so far."""

    def __init__(self, zones: tuple["_Zone", ...] = (), smi: "_Smi | None" = None) -> None:
        self._zones, self._smi = zones, smi

    def read(self) -> Powered:
        """Return energy and the GPUs' time until now."""
        told = [zone.joules() for zone in self._zones] + ([self._smi.joules] if self._smi else [])
        return Powered(sum(told) if told else None, self._smi.seconds if self._smi else None)


def no_power() -> Power:
    return Power()


@contextmanager
def power(rapl: Path = _RAPL) -> Iterator[Power]:
    """Measure for as long as the block goes on."""
    zones, smi = tuple(_zones(rapl)), _Smi.start()
    found, ended = Power(zones, smi), Event()
    looking = Thread(target=_look_again, args=(zones, ended), daemon=True)
    looking.start()
    try:
        yield found
    finally:
        ended.set()
        looking.join()
        if smi:
            smi.stop()


def _look_again(zones: tuple["_Zone", ...], ended: Event) -> None:
    while zones and not ended.wait(_RAPL_SECONDS):
        for zone in zones:
            zone.joules()


class _Zone:
    """The energy counter of one processor, which starts again from 0 when it is full."""

    def __init__(self, folder: Path) -> None:
        self._counter = folder / "energy_uj"
        self._full = int((folder / "max_energy_range_uj").read_text())
        self._last, self._used = int(self._counter.read_text()), 0

    def joules(self) -> float:
        now = int(self._counter.read_text())
        self._used += now - self._last if now >= self._last else now - self._last + self._full
        self._last = now
        return self._used / 1e6


def _zones(rapl: Path) -> Iterator[_Zone]:
    """Yield the counters of whole processors that may be read; ``intel-rapl:0:1`` is a part of ``intel-rapl:0``."""
    for folder in sorted(rapl.glob("intel-rapl:*")):
        if folder.name.count(":") == 1:
            try:
                yield _Zone(folder)
            except (OSError, ValueError):  # mostly for root alone
                continue


class _Smi:
    """NVIDIA's own tool, which tells of each GPU once a second."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.joules, self.seconds = 0.0, 0.0
        self._process, self._since = process, dict[str, float]()
        self._reading = Thread(target=self._read, daemon=True)
        self._reading.start()

    @classmethod
    def start(cls) -> "_Smi | None":
        if (command := shutil.which(_SMI)) is None:
            return None
        words = [command, *_QUERY]
        return cls(subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True))  # noqa: S603

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._reading.join()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._add(*line.split(","))

    def _add(self, gpu: str, *told: str) -> None:
        now = monotonic()
        seconds = now - self._since.get(gpu, now)
        self._since[gpu] = now
        used, watts = (_number(text) for text in told)
        self.seconds += seconds * used / 100
        self.joules += seconds * watts


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:  # "[N/A]": this GPU does not tell it
        return 0.0
