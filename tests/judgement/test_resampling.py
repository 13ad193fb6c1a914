import numpy as np
import pytest

from tasks.judgement.resampling import Blocks, bind, draw
from tasks.metrics import METRICS


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_a_drawn_block_counts_like_its_rows_written_out(metric) -> None:
    generator = np.random.default_rng(0)
    rows, blocks = 60, Blocks(generator.permutation(np.arange(60) % 4), 4)
    labels = generator.integers(0, 2, rows).astype(float)
    predictions = generator.integers(1, 9, rows) / 10
    if metric.tasks == ("multiclass",):
        predictions = np.stack([1 - predictions, predictions], axis=1)
    counts = np.array([[1.0, 1, 1, 1], [2, 0, 1, 1], [0, 0, 0, 4]])

    found = bind(metric, labels, predictions, blocks)(counts)

    for drawn, value in zip(counts, found, strict=True):
        copies = np.repeat(np.arange(rows), drawn[blocks.codes].astype(int))
        assert value == pytest.approx(metric.bind(labels[copies], predictions[copies])(None))


def test_a_resample_without_one_of_the_classes_has_no_roc_auc() -> None:
    blocks = Blocks(np.array([0, 0, 1, 1]), 2)
    weigh = bind(METRICS["roc_auc"], np.array([0.0, 1, 1, 1]), np.array([0.1, 0.2, 0.3, 0.4]), blocks)

    assert np.isnan(weigh(np.array([[0.0, 2], [2, 0]]))).tolist() == [True, False]


def test_as_many_blocks_are_drawn_as_there_are_and_each_as_often_as_the_others() -> None:
    counts = np.concatenate(list(draw(14, 2000, seed=1)))

    assert counts.shape == (2000, 14)
    assert (counts.sum(axis=1) == 14).all()
    assert counts.mean(axis=0) == pytest.approx(np.ones(14), abs=0.1)


def test_many_blocks_are_drawn_in_chunks_that_bound_the_memory() -> None:
    chunks = list(draw(300_000, 8, seed=1))

    assert [len(chunk) for chunk in chunks] == [6, 2]
