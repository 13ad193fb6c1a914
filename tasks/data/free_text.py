"""Short free text as what its words say of the target: a score by a linear model of all of them, and its length.

One number serves trees as well as a linear model, and can be told word by word; docs/columns.md has what else was
tried. Train is scored by models that have not seen the row: one for each fifth of its time, fitted on the rest. A score
by a model that had would tell the row's own label.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.matrix import FloatArray
from tasks.data.outcomes import Outcomes
from tasks.data.terms import count, counter_of, vocabulary, weighed
from tasks.data.text_model import Answer, choose_penalty, fit_answer
from tasks.spec import Ngrams

if TYPE_CHECKING:
    from scipy.sparse import csr_array
    from sklearn.feature_extraction.text import CountVectorizer

_SAMPLE = 200_000
"""Texts of train from which a vocabulary and its model are learned, evenly spread over it."""
_FOLDS = 5

Values = npt.NDArray[np.float32]


@dataclass(frozen=True)
class FittedText:
    """What was learned of one text column: a vocabulary, and what each of its terms says."""

    column: str
    ngrams: Ngrams
    outputs: tuple[str, ...]
    """Whose score it is: the target, or each class."""
    terms: tuple[str, ...]
    """Sorted."""
    rarity: tuple[float, ...]
    """Of each term, its inverse document frequency."""
    penalty: float
    """Of the model that scores."""
    answer: Answer

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> "FittedText":
        return cls(
            column=found["column"],
            ngrams=found["ngrams"],
            outputs=tuple(found["outputs"]),
            terms=tuple(found["terms"]),
            rarity=tuple(found["rarity"]),
            penalty=found["penalty"],
            answer=Answer.from_json(found["answer"]),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Of its features."""
        return (f"{self.column}: length", *(f"{self.column}: words for {output}" for output in self.outputs))

    def encode(self, column: pa.ChunkedArray) -> Values:
        """Return the length of each text and its scores, shape (rows, 1 + outputs); NaN where it is missing."""
        texts, places = _distinct(column)
        return _beside(texts, self.answer.score(self._weigh(texts)))[places]

    def encode_train(self, column: pa.ChunkedArray, outcomes: Outcomes) -> Values:
        """Return the same for the rows of train, each scored by a model of other times."""
        texts, places = _distinct(column)
        weights, folds = self._weigh(texts), _folds(outcomes)
        found = _beside(texts, np.zeros((len(texts), len(self.outputs))))[places]
        for fold in range(_FOLDS):
            mine = np.flatnonzero(folds == fold)
            others = _some(np.flatnonzero((folds != fold) & outcomes.known & (places < len(texts))))
            answer = fit_answer(weights[places[others]], outcomes, others, self.penalty)
            there = mine[places[mine] < len(texts)]
            found[there, 1:] = answer.score(weights[places[there]])
        return found

    def words_of(self, text: str, output: int) -> list[tuple[str, float]]:
        """Return what each word of ``text`` adds to a score, the most first; more than one word stands for a phrase."""
        weights = self._weigh([text])
        added = weights.data * self.answer.matrix[weights.indices, output]
        amounts: dict[str, float] = {}
        for term, amount in zip(weights.indices.tolist(), added.tolist(), strict=True):
            amounts[self.terms[term]] = amounts.get(self.terms[term], 0.0) + amount
        return sorted(amounts.items(), key=lambda item: (-abs(item[1]), item[0]))

    @cached_property
    def _counter(self) -> "CountVectorizer":
        return counter_of(self.ngrams, vocabulary={term: place for place, term in enumerate(self.terms)})

    def _weigh(self, texts: list[str]) -> "csr_array":
        """Return how much each term weighs in each text, shape (texts, terms): TF-IDF, of length 1."""
        return weighed(count(self._counter, texts, len(self.terms)), np.array(self.rarity))


def fit_text(column: str, values: pa.ChunkedArray, outcomes: Outcomes, ngrams: Ngrams) -> FittedText:
    """Return what is learned of ``values``, the texts of train's rows."""
    texts, places = _distinct(values)
    some = _some(np.flatnonzero(outcomes.known & (places < len(texts))))
    own, inverse = np.unique(places[some], return_inverse=True)
    learned = [texts[place] for place in own]
    terms = vocabulary(learned, ngrams)
    counter = counter_of(ngrams, vocabulary={term: place for place, term in enumerate(terms)})
    counts = count(counter, learned, len(terms))[inverse]
    have = np.bincount(counts.indices, minlength=len(terms))
    rarity = np.log((1 + len(some)) / (1 + have)) + 1
    weights = weighed(counts, rarity)
    penalty = choose_penalty(weights, outcomes, some)
    return FittedText(
        column=column,
        ngrams=ngrams,
        outputs=outcomes.outputs,
        terms=tuple(terms),
        rarity=tuple(rarity.tolist()),
        penalty=penalty,
        answer=fit_answer(weights, outcomes, some, penalty),
    )


def _distinct(column: pa.ChunkedArray) -> tuple[list[str], npt.NDArray[np.intp]]:
    """Return the texts that differ, and where each row's stands among them; a missing one after the last."""
    array = column.combine_chunks()
    encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    used = pc.unique(encoded.indices.drop_null())  # a part of a table has the dictionary of the whole
    places = pc.index_in(encoded.indices, used).fill_null(len(used))
    texts = encoded.dictionary.take(used).cast(pa.string()).to_pylist()
    return texts, np.asarray(places.to_numpy(zero_copy_only=False), dtype=np.intp)


def _beside(texts: list[str], scores: FloatArray) -> Values:
    """Return length and scores of each text, and after the last one a row of NaN for what is missing."""
    found = np.full((len(texts) + 1, 1 + scores.shape[1]), np.nan, dtype=np.float32)
    found[:-1, 0] = [len(text) for text in texts]
    found[:-1, 1:] = scores
    return found


def _folds(outcomes: Outcomes) -> npt.NDArray[np.intp]:
    """Return in which part of the time each row lies; rows of one moment lie in one."""
    if not len(outcomes.times):
        return np.zeros(0, dtype=np.intp)
    edges = np.quantile(outcomes.times, np.arange(1, _FOLDS) / _FOLDS, method="inverted_cdf")
    return np.searchsorted(edges, outcomes.times)


def _some(places: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    if len(places) <= _SAMPLE:
        return places
    return places[np.linspace(0, len(places) - 1, _SAMPLE).astype(np.intp)]
