"""Predictions have the same bits on every machine."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tasks.data.matrix import FeatureMatrix
from tasks.learning.network.exact import Factor
from tasks.learning.network.inputs import fit_reader
from tasks.learning.network.model import Answers, Network
from tasks.learning.network.shape import Shape, join

ROOT = Path(__file__).parents[3]
DIGEST = """
import hashlib
from tests.learning.network.test_exact import matrix, network
for task in ("binary", "multiclass", "regression"):
    print(hashlib.sha256(network(task).predict(matrix(700)).tobytes()).hexdigest())
"""


def matrix(count: int) -> FeatureMatrix:
    random = np.random.default_rng(1)
    values = random.normal(size=(count, 6)).astype(np.float32)
    values[:, 5] = random.integers(0, 40, count)
    values[random.random(count) < 0.2, 0] = np.nan
    return FeatureMatrix(values, tuple("abcdef"), (0, 0, 0, 0, 0, 40))


def network(task: str) -> Network:
    answers = {
        "binary": Answers("binary"),
        "multiclass": Answers("multiclass", (0, 2, 3), 4),
        "regression": Answers("regression", mean=3.5, scale=11.0),
    }[task]
    reader = fit_reader(matrix(700))
    shape = Shape(len(reader.columns), reader.levels, 128, 2, max(1, len(answers.classes)))
    return Network(answers, reader, shape, 3 * join(shape.draw(7)), {})


def digests(**environment: str) -> str:
    found = subprocess.run(
        [sys.executable, "-c", DIGEST], env={**os.environ, **environment}, cwd=ROOT, capture_output=True, check=True
    )
    return found.stdout.decode()


def test_another_processor_and_more_threads_give_the_same_bits():
    old = {"OPENBLAS_CORETYPE": "Nehalem", "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F AVX512_SKX"}
    assert digests(OPENBLAS_NUM_THREADS="1") == digests(OPENBLAS_NUM_THREADS="2", **old)


def test_a_row_alone_is_predicted_as_among_others():
    rows, model = matrix(700), network("multiclass")
    together = model.predict(rows)
    for place in (0, 255, 256, 699):
        np.testing.assert_array_equal(model.predict(rows.rows(slice(place, place + 1)))[0], together[place])


def test_no_rows_have_no_predictions():
    assert network("binary").predict(matrix(0)).shape == (0,)
    assert network("multiclass").predict(matrix(0)).shape == (0, 4)


@pytest.mark.parametrize("columns", [1, 128, 700])
def test_products_are_as_near_to_the_true_ones_as_those_of_float32(columns):
    random = np.random.default_rng(columns)
    rows = random.normal(size=(50, columns)) * 10.0 ** random.integers(-3, 4, (50, 1))
    weights = random.normal(size=(columns, 30)).astype(np.float32)
    true = rows.astype(np.longdouble) @ weights.astype(np.longdouble)
    found, single = Factor.of(weights).times(rows), rows.astype(np.float32) @ weights
    scale = np.abs(rows).max(axis=1, keepdims=True) * columns**0.5
    assert (np.abs(found - true) / scale).max() < 2 * (np.abs(single - true) / scale).max() + 2e-7


def test_rows_of_nothing_stay_nothing():
    np.testing.assert_array_equal(Factor.of(np.ones((3, 2), dtype=np.float32)).times(np.zeros((4, 3))), 0)
