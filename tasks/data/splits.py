"""Which rows train, which choose, which judge: by time, and never both sides of a group."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from tasks.data.window import Window, microseconds
from tasks.errors import NotEnoughData
from tasks.spec import ModelSpec, WindowSpec

Part = Literal["train", "validation", "holdout"]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Splits:
    """The three windows on the time line; a row belongs to one of them or to none."""

    train: Window
    """The longest of the training windows that are tried; in a lineage, the one that was chosen."""
    validation: Window
    holdout: Window

    def __getitem__(self, part: Part) -> Window:
        windows: dict[Part, Window] = {
            "train": self.train,
            "validation": self.validation,
            "holdout": self.holdout,
        }
        return windows[part]


@dataclass(frozen=True)
class SplitRows:
    """The timed rows that are to be split. Shapes (rows,)."""

    times: npt.NDArray[np.int64]
    """Event time, microseconds since 1970, UTC."""
    labelled: Mask
    groups: npt.NDArray[np.int64] | None = None
    """A number for each row's group; None where the spec names no group."""
    train_unlabelled: bool = False
    """Rows of train need no label."""

    def usable(self, part: Part) -> Mask:
        """Return which rows can do the work of a part, wherever they lie in time."""
        return np.ones(len(self.times), dtype=bool) if self.train_unlabelled and part == "train" else self.labelled


def split(spec: ModelSpec, as_of: datetime) -> Splits:
    """Return the three windows of a training at ``as_of``: train, validation, a gap of the label delay, holdout.

    The gap is what makes the holdout honest: a model that had been in use from its first row on could not
    have learned from a label that arrived later than that.

    >>> from datetime import UTC
    >>> window = WindowSpec(train="all", validation="14d", holdout="14d")
    >>> _windows(window, datetime(2013, 6, 1, tzinfo=UTC), timedelta(days=1)).holdout
    Window(start=datetime.datetime(2013, 5, 17, 0, 0, tzinfo=datetime.timezone.utc), \
end=datetime.datetime(2013, 5, 31, 0, 0, tzinfo=datetime.timezone.utc))
    """
    return _windows(spec.window, as_of, spec.source.label_delay)


def members(splits: Splits, rows: SplitRows) -> dict[Part, Mask]:
    """Return for each part which rows are in it that it can use. A group stays where its first row is."""
    masks = {part: rows.usable(part) & within(rows.times, splits[part]) for part in get_args(Part)}
    if rows.groups is None:
        return masks
    earlier = np.zeros(len(rows.times), dtype=bool)
    apart: dict[Part, Mask] = {}
    for part, mask in masks.items():
        apart[part] = mask & ~np.isin(rows.groups, rows.groups[earlier])
        earlier |= apart[part]
    return apart


def require_rows(masks: dict[Part, Mask], splits: Splits, spec: ModelSpec) -> None:
    """Raise NotEnoughData when a part has too few rows to do its work; labels of an anomaly may come later."""
    needed: dict[Part, int] = {"train": 2 * spec.gate.min_rows}
    if spec.task != "anomaly":
        needed |= {"validation": spec.gate.min_rows, "holdout": spec.gate.min_rows}
    for part, least in needed.items():
        found, kind = int(masks[part].sum()), "rows" if spec.task == "anomaly" else "labelled rows"
        if found < least:
            raise NotEnoughData(
                f"{spec.model}: {part} {splits[part]} has {found:,} {kind}; at least {least:,} are "
                f"needed (gate.min_rows = {spec.gate.min_rows}, train needs twice that). "
                f"Give it a longer window, or an --as-of with more history"
            )


def require_classes(labels: npt.NDArray[np.float64], masks: dict[Part, Mask], spec: ModelSpec) -> None:
    """Raise NotEnoughData when the labels of a part are all the same class, so that nothing can be learned."""
    if spec.task in ("regression", "anomaly"):
        return
    for part, mask in masks.items():
        if len(np.unique(labels[mask])) < 2:
            raise NotEnoughData(
                f"{spec.model}: target {spec.source.target} has one class only in {part} "
                f"({int(mask.sum()):,} rows); at least two are needed"
            )


def _windows(window: WindowSpec, as_of: datetime, delay: timedelta) -> Splits:
    holdout = Window(as_of - delay - window.holdout, as_of - delay)
    assert holdout.start is not None
    validation_end = holdout.start - delay
    validation = Window(validation_end - window.validation, validation_end)
    assert validation.start is not None
    longest = window.longest  # the shorter ones are its newest part
    start = None if longest == "all" else validation.start - longest
    return Splits(Window(start, validation.start), validation, holdout)


def within(times: npt.NDArray[np.int64], window: Window) -> Mask:
    """Return which of ``times``, microseconds since 1970, UTC, are in ``window``."""
    after_start = times >= microseconds(window.start) if window.start else np.ones(len(times), dtype=bool)
    inside: Mask = after_start & (times < microseconds(window.end))
    return inside
