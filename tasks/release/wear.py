"""How often each holdout row has been used to judge: one file of row keys for each attempt.

An attempt is one challenger against one rival on certain rows. Its file is named by the three, and written before
anybody hears the verdict: the same training run again is the same attempt and costs nothing, and one that is killed
after it has looked has looked.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tasks.data import store
from tasks.data.atomic import write_whole
from tasks.data.keys import Keys
from tasks.data.window import Window
from tasks.judgement.wear import Uses


@dataclass(frozen=True)
class Attempt:
    """One challenger, by digest, against one rival, in one window."""

    challenger: str
    rival: str
    window: Window

    def file(self, keys: Keys) -> str:
        assert self.window.start is not None
        what = hashlib.sha256(f"{self.challenger} {self.rival} ".encode() + np.sort(keys).tobytes())
        return f"{self.window.start:%Y%m%dT%H%M%S}-{self.window.end:%Y%m%dT%H%M%S}-{what.hexdigest()[:16]}.npy"


def record_attempt(folder: Path, keys: Keys, attempt: Attempt) -> None:
    """Write down that ``attempt`` judged by the rows with these keys."""
    path = folder / attempt.file(keys)
    if not path.exists():
        write_whole(path, lambda file: np.save(file, np.sort(keys), allow_pickle=False))
    store.keep(path, once=True)


def count_uses(folder: Path, keys: Keys, attempt: Attempt) -> Uses:
    """Return how many other attempts have judged by each row, shape (rows,)."""
    uses = np.zeros(len(keys), dtype=np.int64)
    own = attempt.file(keys)
    others = [path for path in store.find(folder, "*.npy") if path.name != own and _overlap(path.name, attempt.window)]
    for path in store.fetched(others):
        uses += np.isin(keys, np.load(path, allow_pickle=False))
    return uses


def _overlap(name: str, window: Window) -> bool:
    assert window.start is not None
    start, end = name.split("-")[:2]
    return start < f"{window.end:%Y%m%dT%H%M%S}" and end > f"{window.start:%Y%m%dT%H%M%S}"
