"""What the words of a text say, learned so that no row's own label is in it."""

import json
from dataclasses import asdict

import numpy as np
import pyarrow as pa
import pytest

from tasks.data.free_text import FittedText, Values, fit_text
from tasks.data.matrix import FloatArray, Target
from tasks.data.outcomes import Outcomes
from tasks.metrics import Task
from tasks.spec import Ngrams

WORDS = np.array(["please", "help", "order", "box", "late", "today", "again", "parcel", "shop", "number"])


def tickets(rows: int = 600, seed: int = 0) -> tuple[pa.ChunkedArray, FloatArray]:
    """Return texts, of which those with the word refund are positive."""
    draw = np.random.default_rng(seed)
    asks = draw.random(rows) < 0.4
    texts = [" ".join([*draw.choice(WORDS, 6), *(["Refund!"] if ask else [])]) for ask in asks]
    return pa.chunked_array([pa.array(texts)]), asks.astype(float)


def outcomes(labels: FloatArray, task: Task = "binary", classes: tuple[str | bool, ...] = (False, True)) -> Outcomes:
    times = np.arange(len(labels), dtype=np.int64)
    return Outcomes(task, Target("angry", classes), labels, times, times + 1, len(labels))


def fitted(ngrams: Ngrams = "words") -> FittedText:
    texts, labels = tickets()
    return fit_text("subject", texts, outcomes(labels), ngrams)


def test_a_text_is_its_length_and_a_score_that_can_be_told_word_by_word() -> None:
    model = fitted()

    found = model.encode(pa.chunked_array([["Refund! please", "order late", "", None]]))
    words = model.words_of("please refund the box", 0)

    assert model.names == ("subject: length", "subject: words for angry")
    assert found[:3, 0].tolist() == [14, 10, 0]
    assert found[0, 1] > 1 > -0.5 > found[1, 1]
    assert np.isnan(found[3]).all()
    assert words[0][0] == "refund"
    score = model.encode(pa.chunked_array([["please refund the box"]]))[0, 1]
    np.testing.assert_allclose(sum(amount for _, amount in words) + model.answer.intercept[0], score, rtol=1e-5)


@pytest.mark.parametrize("ngrams", ["words", "characters"])
def test_what_was_saved_says_the_same_alone_as_among_others(ngrams: Ngrams) -> None:
    model, (texts, _) = fitted(ngrams), tickets(seed=1)
    again = FittedText.from_json(json.loads(json.dumps(asdict(model))))

    assert again == model
    np.testing.assert_array_equal(again.encode(texts.slice(7, 1))[0], model.encode(texts)[7])


def test_characters_see_a_word_that_is_misspelt() -> None:
    words, characters = (
        fitted(ngrams).encode(pa.chunked_array([["refunt"]]))[0, 1] for ngrams in ("words", "characters")
    )

    assert characters > words + 0.5


def test_a_row_of_train_is_scored_by_models_that_have_not_seen_its_label() -> None:
    texts, labels = tickets()
    model = fit_text("subject", texts, outcomes(labels), "words")
    found = model.encode_train(texts, outcomes(labels))
    other = labels.copy()
    other[:120] = 1 - other[:120]  # the oldest fifth

    changed = model.encode_train(texts, outcomes(other))

    np.testing.assert_array_equal(changed[:120], found[:120])
    assert (changed[120:, 1] != found[120:, 1]).all()


def test_texts_that_say_nothing_have_scores_that_tell_nothing_of_train() -> None:
    draw = np.random.default_rng(3)
    texts = pa.chunked_array([[" ".join(draw.choice(300, 8).astype(str)) for _ in range(1500)]])
    labels = draw.integers(0, 2, 1500).astype(float)
    model = fit_text("subject", texts, outcomes(labels), "words")

    def told(found: Values) -> float:
        return float(np.corrcoef(found[:, 1], labels)[0, 1])

    assert told(model.encode(texts)) > 0.4  # by a model that has seen the labels
    assert abs(told(model.encode_train(texts, outcomes(labels)))) < 0.07


def test_texts_that_say_little_are_learned_from_with_a_larger_penalty() -> None:
    texts, labels = tickets(2000)
    clear = fit_text("subject", texts, outcomes(labels), "words")
    doubtful = fit_text("subject", texts, outcomes(np.random.default_rng(5).permutation(labels)), "words")

    assert clear.penalty < doubtful.penalty


def test_amounts_and_classes_have_scores_too() -> None:
    texts, asks = tickets()
    amounts = fit_text("subject", texts, outcomes(30 + 50 * asks, "regression", ()), "words")
    classes = fit_text("subject", texts, outcomes(2 * asks, "multiclass", ("calm", "never", "cross")), "words")

    money = amounts.encode(texts)[:, 1]
    scores = classes.encode(texts)[:, 1:]
    assert abs(money[asks == 1].mean() - 80) < 5
    assert classes.names[1:] == ("subject: words for calm", "subject: words for never", "subject: words for cross")
    assert (scores.argmax(axis=1) == 2 * asks).mean() > 0.99
    assert (scores[:, 1] < -10).all()


@pytest.mark.parametrize("texts", [[None] * 40, ["", "!"] * 20, [f"x{n}" for n in range(40)]])
def test_a_column_without_words_that_come_again_tells_nothing(texts: list[str | None]) -> None:
    column = pa.chunked_array([pa.array(texts, pa.string())])
    found = outcomes((np.arange(40) % 2).astype(np.float64))

    model = fit_text("subject", column, found, "words")
    scores = model.encode_train(column, found)[:, 1]

    assert model.terms == ()
    assert len(np.unique(scores[~np.isnan(scores)])) <= 2


def test_folds_and_rows_without_a_label_are_no_trouble() -> None:
    texts, labels = tickets(60)
    labels[10:30] = np.nan
    labels[30:] = 1.0

    found = fit_text("subject", texts, outcomes(labels), "words").encode_train(texts, outcomes(labels))

    assert np.isfinite(found).all()
