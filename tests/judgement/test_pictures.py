from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from tasks.judgement.gate import Holdout
from tasks.judgement.pictures import save_pictures
from tasks.metrics import Task

PNG = b"\x89PNG\r\n\x1a\n"
IMPORTANCE = {"minute_of_day": 0.7, "carrier": 0.3}


def make_holdout(task: Task, rows: int = 300) -> Holdout:
    draw = np.random.default_rng(1)
    scores = draw.normal(size=(rows, 3))
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    labels = {"binary": scores[:, 0] > 0, "multiclass": scores.argmax(axis=1), "regression": scores.sum(axis=1)}
    predictions = shares if task == "multiclass" else scores[:, 0] if task == "regression" else shares[:, 0]
    return Holdout(
        task=task,
        labels=labels[task].astype(float),
        days=15_842 + np.arange(rows) % 14,
        challenger=predictions,
        champion=predictions[::-1],
        baseline=np.full_like(predictions, 1 / 3),
        slices={},
        champion_version="3",
        seen_rows_removed=0,
        unlabelled_rows=0,
        start=datetime(2013, 5, 17, tzinfo=UTC),
        end=datetime(2013, 5, 31, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("task", "names"),
    [
        ("binary", {"roc", "precision_recall", "calibration"}),
        ("multiclass", {"confusion", "calibration"}),
        ("regression", {"predictions", "residuals"}),
    ],
)
def test_each_task_has_its_pictures(task: Task, names: set[str], tmp_path: Path) -> None:
    files = save_pictures(tmp_path, make_holdout(task), IMPORTANCE, classes=("early", "on time", "late"))

    assert {file.stem for file in files} == names | {"by_day", "importance"}
    assert all(file.read_bytes().startswith(PNG) for file in files)


def test_pictures_do_without_champion_importance_or_names_of_classes(tmp_path: Path) -> None:
    files = save_pictures(tmp_path, replace(make_holdout("multiclass"), champion=None), {})

    assert {file.stem for file in files} == {"confusion", "calibration", "by_day"}


@pytest.mark.parametrize("rows", [0, 1])
def test_what_cannot_be_drawn_is_left_out(rows: int, tmp_path: Path) -> None:
    files = save_pictures(tmp_path, make_holdout("binary", rows), IMPORTANCE)

    assert [file.name for file in files] == ["importance.png"]


def test_the_same_evidence_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        save_pictures(folder, make_holdout("regression"), IMPORTANCE)

    assert all(file.read_bytes() == (second / file.name).read_bytes() for file in first.iterdir())


def test_a_perfect_regression_can_be_drawn(tmp_path: Path) -> None:
    held = make_holdout("regression")

    save_pictures(tmp_path, replace(held, challenger=held.labels), {})
