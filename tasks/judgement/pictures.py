"""Pictures of a judgement: one for each question that a person asks of a challenger."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from tasks.judgement import drawings, intervals
from tasks.judgement.canvas import HEIGHT, Draw, to_svg
from tasks.judgement.confusion_drawing import confusion
from tasks.judgement.holdout import Holdout
from tasks.judgement.verdict import Verdict


def draw_pictures(
    held: Holdout, verdict: Verdict, importance: Mapping[str, float], classes: Sequence[str] = ()
) -> dict[str, str]:
    """Return the pictures that suit the task, by name, each as the text of an SVG image.

    ``importance`` is each feature's share, ``classes`` the names of a multiclass target's codes. What cannot
    be drawn, such as a ROC curve of rows of one class, is left out.
    """
    chosen = {**_of_verdict(verdict), **_of_holdout(held, verdict, classes)}
    if importance:
        chosen["importance"] = partial(drawings.importance, importance=importance)
    heights = {"interval": intervals.INTERVAL_HEIGHT, "forest": intervals.forest_height(verdict)}
    return {name: to_svg(draw, name, heights.get(name, HEIGHT)) for name, draw in chosen.items()}


def save_pictures(folder: Path, pictures: Mapping[str, str]) -> tuple[Path, ...]:
    """Write each picture to a file of its own and return the files."""
    files = {folder / f"{name}.svg": svg for name, svg in pictures.items()}
    for file, svg in files.items():
        file.write_text(svg, encoding="utf-8")
    return tuple(files)


def _of_verdict(verdict: Verdict) -> dict[str, Draw]:
    chosen: dict[str, Draw] = {}
    if verdict.deciding.usable:
        chosen["interval"] = partial(intervals.interval, verdict=verdict)
    if intervals.compared(verdict):
        chosen["forest"] = partial(intervals.forest, verdict=verdict)
    return chosen


def _of_holdout(held: Holdout, verdict: Verdict, classes: Sequence[str]) -> dict[str, Draw]:
    """Return the pictures of the task, by name."""
    if len(np.unique(held.labels)) < 2:
        return {}
    chosen: dict[str, Draw] = {}
    match held.task:
        case "binary" | "anomaly":
            chosen["roc"] = partial(drawings.roc, held=held, verdict=verdict)
            chosen["precision_recall"] = partial(drawings.precision_recall, held=held, verdict=verdict)
            if held.task == "binary":
                chosen["calibration"] = partial(drawings.calibration, held=held)
        case "multiclass":
            names = [str(name) for name in classes or range(held.challenger.shape[1])]
            chosen["confusion"] = partial(confusion, held=held, names=names)
            chosen["calibration"] = partial(drawings.calibration, held=held)
        case "regression":
            chosen["predictions"] = partial(drawings.actual_over_predicted, held=held, verdict=verdict)
            chosen["residuals"] = partial(drawings.residuals, held=held)
    chosen["by_day"] = partial(drawings.by_day, held=held)
    return chosen
