"""Texts as weighed terms: words or characters, TF-IDF."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from tasks.data.matrix import FloatArray
from tasks.spec import Ngrams

if TYPE_CHECKING:
    from scipy.sparse import csr_array
    from sklearn.feature_extraction.text import CountVectorizer

_MOST_TERMS = 30_000
"""Of a vocabulary, the most frequent ones."""
_FEWEST = 2
"""Texts in which a term stands: of a word that stood in one alone nothing can be learned."""
_WORD = r"(?u)\b\w+\b"
_BATCH = 20_000
"""Texts that are taken apart at a time."""


def counter_of(ngrams: Ngrams, **how: Any) -> "CountVectorizer":  # noqa: ANN401 - scikit-learn's own options
    """Return what takes texts apart into words, or into parts of words."""
    from sklearn.feature_extraction.text import CountVectorizer

    if ngrams == "characters":
        return CountVectorizer(analyzer="char_wb", ngram_range=(3, 5), **how)
    return CountVectorizer(token_pattern=_WORD, ngram_range=(1, 2), **how)


def vocabulary(texts: list[str], ngrams: Ngrams) -> list[str]:
    """Return the most frequent terms that stand in more than one of ``texts``, sorted."""
    if not texts:
        return []
    try:
        counter = counter_of(ngrams, max_features=_MOST_TERMS, min_df=_FEWEST).fit(texts)
    except ValueError:  # no text has a word, or no word stands in two
        return []
    return sorted(counter.vocabulary_)


def count(counter: "CountVectorizer", texts: list[str], terms: int) -> "csr_array":
    """Return how often each term stands in each text, shape (texts, terms)."""
    from scipy.sparse import csr_array, vstack

    if not texts or not terms:
        return csr_array((len(texts), terms), dtype=np.float64)
    return csr_array(vstack([counter.transform(batch) for batch in _batches(texts)], format="csr"), dtype=np.float64)


def _batches(texts: list[str]) -> Iterator[list[str]]:
    return (texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH))


def weighed(counts: "csr_array", rarity: FloatArray) -> "csr_array":
    """Return TF-IDF, the count by its logarithm, each row of length 1."""
    from scipy.sparse import csr_array

    amounts = (1 + np.log(counts.data)) * rarity[counts.indices]
    ends = counts.indptr.astype(np.intp)
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(ends))
    lengths = np.sqrt(np.bincount(rows, amounts**2, counts.shape[0]))
    return csr_array((amounts / lengths[rows], counts.indices, counts.indptr), shape=counts.shape)
