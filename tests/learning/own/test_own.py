"""A class of the user's own as a kind of model: what it is given, and what is refused of it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tasks.data.code import Source
from tasks.data.matrix import FeatureMatrix, Labelled, Target
from tasks.errors import CandidateFailed, SpecError
from tasks.learning.estimator import Fitted, fit, load
from tasks.learning.own.rows import frame
from tasks.learning.own.source import read_sources
from tasks.learning.problem import Problem
from tasks.metrics import Task
from tasks.spec import ModelSpec, OwnSpec

MEAN = """
import json
import numpy as np

class Mean:
    def __init__(self, plus=0.0):
        self.plus = plus

    def fit(self, train, validation, question):
        self.mean = float(np.average(train.labels, weights=train.weights)) + self.plus

    def predict(self, features):
        return np.full(len(features), self.mean)

    def save(self, folder):
        (folder / "deeper").mkdir()
        (folder / "deeper" / "mean.json").write_text(json.dumps(self.mean))

    @classmethod
    def load(cls, folder):
        model = cls()
        model.mean = json.loads((folder / "deeper" / "mean.json").read_text())
        return model
"""
CLASSES = {"binary": (False, True), "multiclass": ("a", "b", "c"), "regression": ()}


def rows(count: int = 40, labels: int = 2) -> Labelled:
    values = np.arange(2 * count, dtype=np.float32).reshape(count, 2)
    values[:, 1] = np.where(np.arange(count) % 4 == 3, np.nan, np.arange(count) % 3)
    return Labelled(FeatureMatrix(values, ("price", "colour"), (0, 3)), (np.arange(count) % labels).astype(float))


def fitted(text: str, task: Task = "regression", **parameters: object) -> Fitted:
    candidate = OwnSpec.model_validate({"kind": "own", "estimator": "estimators.mean:Mean", **parameters})
    sources = {"estimators.mean": Source("estimators/mean.py", text)}
    problem = Problem(task, Target("t", CLASSES[task]), seed=3, threads=1, sources=sources)
    return fit(candidate, rows(labels=max(2, len(CLASSES[task]))), rows(), problem)


def test_what_was_saved_is_loaded_and_predicts_with_the_code_it_was_saved_with(tmp_path: Path) -> None:
    model = fitted(MEAN, plus=2.0)
    model.save(tmp_path)
    again = load("own", tmp_path)

    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()) == [
        "files/deeper/mean.json",
        "own.json",
        "own.py",
    ]
    assert set(model.predict(rows().matrix)) == {2.5}
    np.testing.assert_array_equal(again.predict(rows().matrix), model.predict(rows().matrix))
    assert (again.kind, again.importance()) == ("own", {})


def test_it_is_given_numbers_and_categories_as_a_frame_of_pandas() -> None:
    given = frame(rows().matrix)

    assert given["price"].dtype == np.float32
    assert list(given["colour"].cat.categories) == [0, 1, 2]
    assert given["colour"].isna().sum() == 10


def test_its_own_importance_is_taken_and_one_that_is_none_is_refused() -> None:
    telling = MEAN + "\n    def importance(self):\n        return {'price': 3, 'colour': 1}\n"
    assert fitted(telling).importance() == {"price": 0.75, "colour": 0.25}

    with pytest.raises(CandidateFailed, match=r"importance\(\) gave int; allowed: a number for each feature's name"):
        fitted(MEAN + "\n    def importance(self):\n        return 3\n")


@pytest.mark.parametrize(
    ("task", "old", "new", "message"),
    [
        ("regression", "self.plus = plus", "1 / 0", r"Mean: __init__\(\) raised ZeroDivisionError: division by zero"),
        ("regression", "self.mean = float", "self.mean = flot", r"Mean: fit\(\) raised NameError"),
        ("regression", "len(features)", "len(features) + 1", r"predict\(\) gave shape \(41,\) for 40 rows; allowed: \(40,\)"),
        ("multiclass", "self.mean)", "self.mean)", r"gave shape \(40,\) for 40 rows; allowed: \(40, 3\)"),
        ("multiclass", "np.full(len(features), self.mean)", "np.full((len(features), 3), 0.5)", "rows that do not sum to 1"),
        ("regression", "self.mean)", "np.nan)", "gave 40 values that are NaN or infinite; allowed: finite ones"),
        ("regression", "np.full(len(features), self.mean)", "'none'", "gave str; allowed: an array of numbers"),
        ("binary", "self.mean)", "self.mean + 3)", "gave values from 3.5 to 3.5; allowed: probabilities, from 0 to 1"),
        ("regression", "model.mean = json", "model.mean = 0.25 + json", "predicts otherwise after .*, by up to 0.25"),
        ("regression", "model = cls()", "raise OSError('no disk')", r"load\(\) raised OSError: no disk"),
        ("regression", 'write_text(json.dumps(self.mean))', 'write_bytes(b"\\x80\\x04N.")', "deeper/mean.json, a pickle"),
        ("regression", '(folder / "deeper" / "mean.json").write_text(json.dumps(self.mean))', "pass", "wrote nothing"),
        ("regression", '(folder / "deeper" / "mean.json").write_text(json.dumps(self.mean))', "np.savez(folder / 'a', x=np.array([{}]))", "a.npz, a pickle"),
    ],
)  # fmt: skip
def test_one_that_breaks_its_word_is_dropped_with_a_line_that_says_how(
    task: Task, old: str, new: str, message: str
) -> None:
    assert old in MEAN
    with pytest.raises(CandidateFailed, match=message):
        fitted(MEAN.replace(old, new), task)


@pytest.fixture
def read(project: Path, spec: ModelSpec) -> Callable[..., dict[str, Source]]:
    """Reads the estimator that a spec names, when the project's file has a text."""

    def try_it(text: str = MEAN, estimator: str = "estimators.mean:Mean", **parameters: object) -> dict[str, Source]:
        (project / "estimators").mkdir(exist_ok=True)
        (project / "estimators" / "mean.py").write_text(text)
        candidate = OwnSpec.model_validate({"kind": "own", "estimator": estimator, **parameters})
        return read_sources(spec.model_copy(update={"candidates": [*spec.candidates, candidate]}), project)

    return try_it


def test_the_file_of_the_project_is_read_as_it_stands(read: Callable[..., dict[str, Source]], project: Path) -> None:
    assert read(plus=1.0) == {"estimators.mean": Source(str(project / "estimators" / "mean.py"), MEAN)}


@pytest.mark.parametrize(
    ("estimator", "text", "message"),
    [
        ("estimators.median:Median", MEAN, "found no file estimators/median.py, neither in .*project nor on Python's"),
        ("xml.dom:Node", MEAN, "xml.dom is a folder, .*; allowed: a single file"),
        ("sklearn.naive_bayes:GaussianNB", MEAN, r"naive_bayes.py: imports sklearn.externals.*; an estimator is one file"),
        ("estimators.mean:Mean", "import estimators.other\n" + MEAN, "imports estimators.other; an estimator is one file"),
        ("estimators.mean:Mean", "from tasks.spec import ModelSpec\n" + MEAN, "imports tasks.spec; an estimator is"),
        ("estimators.mean:Mean", "import joblib\n" + MEAN, "imports joblib; loading a model must not execute pickles"),
        ("estimators.mean:Mean", "import nowhere\n" + MEAN, "cannot be run: ModuleNotFoundError: No module named 'nowhere'"),
        ("estimators.mean:Mean", "class Mean:\n", "cannot be run: IndentationError"),
        ("estimators.mean:Mode", MEAN, "has no class Mode; its classes: Mean"),
        ("estimators.mean:Mean", MEAN.replace("def save", "def keep"), "Mean lacks save; needed: fit, predict, save, load"),
        ("estimators.mean:Mean", MEAN.replace("plus=0.0", ""), "Mean cannot be made with .*unexpected keyword argument 'plus'"),
    ],
)  # fmt: skip
def test_a_file_that_will_not_do_is_refused_before_anything_is_trained(
    read: Callable[..., dict[str, Source]], estimator: str, text: str, message: str
) -> None:
    with pytest.raises(SpecError, match=rf"deployments/returns.toml: candidates\[2\]: .*{message}"):
        read(text, estimator, plus=1.0)


def test_what_it_does_to_the_rows_it_is_given_others_do_not_see() -> None:
    spoiling = MEAN.replace(
        "self.mean = float",
        "train.labels[:] = 9; train.features.iloc[:] = 0; train.features['x'] = 1; self.mean = float",
    )
    train = rows()
    sources = {"estimators.mean": Source("estimators/mean.py", spoiling)}
    own = OwnSpec.model_validate({"kind": "own", "estimator": "estimators.mean:Mean"})
    fit(own, train, train, Problem("regression", Target("t"), seed=3, threads=1, sources=sources))

    np.testing.assert_array_equal(train.labels, rows().labels)
    np.testing.assert_array_equal(train.matrix.values, rows().matrix.values)
