import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from tasks.judgement.gate import judge
from tasks.judgement.holdout import Holdout
from tasks.judgement.partition import Partition
from tasks.judgement.pictures import draw_pictures, save_pictures
from tasks.metrics import Task
from tasks.spec import GateSpec

DAY = 86_400_000_000
METRIC: dict[Task, str] = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "mae"}
IMPORTANCE = {"minute_of_day": 0.7, "a feature with quite a long name, by any account": 0.3}
CLASSES = ("early", "on time", "much later than anybody would ever have thought")


def make_holdout(task: Task, rows: int = 400) -> Holdout:
    draw = np.random.default_rng(1)
    scores = draw.normal(size=(rows, 3))
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    labels = {"binary": scores[:, 0] > 0, "multiclass": scores.argmax(axis=1), "regression": scores.sum(axis=1)}
    predictions = shares if task == "multiclass" else scores[:, 0] if task == "regression" else shares[:, 0]
    return Holdout(
        task=task,
        labels=labels[task].astype(float),
        times=(15_842 + np.arange(rows) % 14) * DAY,
        challenger=predictions,
        champion=predictions[::-1],
        baseline=np.full_like(predictions, 1 / 3),
        slices={"a column": Partition(np.arange(rows) % 2, ("W" * 80, "a < $b$ & \x00\n c"))},
        champion_version="3",
        seen_rows_removed=0,
        unlabelled_rows=0,
        start=datetime(2013, 5, 17, tzinfo=UTC),
        end=datetime(2013, 5, 31, tzinfo=UTC),
    )


def draw(held: Holdout, importance: dict[str, float] = IMPORTANCE, **gate: Any) -> dict[str, str]:
    spec = GateSpec(**{"metric": METRIC[held.task], "resamples": 200, "slices": ["a column"], **gate})
    return draw_pictures(held, judge(held, spec, 7), importance, CLASSES)


def texts(svg: str) -> Iterator[tuple[str, float, float]]:
    """Return each text of a picture with the points where it starts and ends, as the renderer measures it."""
    for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):  # noqa: S314 - our own
        style, text = element.get("style", ""), element.text or ""
        font = FontProperties(weight=(re.findall(r"font-weight: (\d+)", style) or [400])[0])
        font.set_size(float(re.findall(r"font-size: ([\d.]+)px", style)[0]))
        width = text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]
        x = float(element.get("x") or re.findall(r"translate\(([\d.-]+)", element.get("transform", ""))[0])
        x -= width * {"end": 1.0, "middle": 0.5}.get((re.findall(r"text-anchor: (\w+)", style) or [""])[0], 0.0)
        yield text, x, x + width


@pytest.mark.parametrize(
    ("task", "names"),
    [
        ("binary", {"roc", "precision_recall", "calibration"}),
        ("multiclass", {"confusion", "calibration"}),
        ("regression", {"predictions", "residuals"}),
    ],
)
def test_each_task_has_its_pictures(task: Task, names: set[str]) -> None:
    assert set(draw(make_holdout(task))) == names | {"interval", "forest", "by_day", "importance"}


def clipped(pictures: dict[str, str]) -> list[tuple[str, str]]:
    widths = {name: float(re.findall(r'viewBox="0 0 ([\d.]+)', svg)[0]) for name, svg in pictures.items()}
    found = [(name, *text) for name, svg in pictures.items() for text in texts(svg)]
    return [(name, text) for name, text, left, right in found if left < 0 or right > widths[name]]


@pytest.mark.parametrize("task", METRIC)
def test_no_title_and_no_label_is_clipped(task: Task) -> None:
    held = make_holdout(task)

    assert clipped(draw(held)) == []
    assert clipped(draw(replace(held, champion=None, champion_version=None))) == []


@pytest.mark.parametrize(("metric", "margin"), [("mape", "30%"), ("mape", 0.0), ("rmse", 1e-5), ("rmse", 1e5)])
def test_the_longest_names_and_the_oddest_margins_find_room(metric: str, margin: float | str) -> None:
    assert clipped(draw(make_holdout("regression"), metric=metric, margin=margin, search_slices=0)) == []


def test_a_picture_says_what_it_shows_to_who_cannot_see_it() -> None:
    pictures = draw(make_holdout("binary"))

    assert 'role="img" aria-label="The challenger is ahead of the champion on ' in pictures["by_day"]
    assert 'aria-label="In ROC AUC, the challenger is 0.' in pictures["interval"]


def test_pictures_do_without_champion_importance_or_slices() -> None:
    held = replace(make_holdout("multiclass"), champion=None, champion_version=None, slices={})

    assert set(draw(held, {})) == {"interval", "confusion", "calibration", "by_day"}


@pytest.mark.parametrize("rows", [0, 1])
def test_what_cannot_be_drawn_is_left_out(rows: int) -> None:
    assert set(draw(make_holdout("binary", rows))) == {"importance"}


def test_the_same_evidence_gives_the_same_text() -> None:
    assert draw(make_holdout("regression")) == draw(make_holdout("regression"))


def test_a_perfect_regression_and_two_equal_models_can_be_drawn() -> None:
    held = make_holdout("regression")

    assert "residuals" in draw(replace(held, challenger=held.labels, champion=held.labels))


def test_each_picture_is_a_file_of_its_own(tmp_path: Path) -> None:
    pictures = {"roc": "<svg/>", "forest": "<svg></svg>"}

    files = save_pictures(tmp_path, pictures)

    assert {file.name: file.read_text() for file in files} == {f"{name}.svg": svg for name, svg in pictures.items()}
