"""What models predict on average if one feature has each of some values (Friedman 2001, section 8.2)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tasks.data.fitted_features import Feature
from tasks.data.matrix import FeatureMatrix, FloatArray
from tasks.judgement.explained import Dependence
from tasks.release.artifact import Model

_POINTS, _VALUES, _BINS = 16, 8, 24
_PREDICTED, _FEWEST_ROWS = 30_000, 50
"""Rows that each model predicts for all features together, about; and rows that an average is over, at least."""
_ENDS = (0.02, 0.98)
"""Where a number's values are looked at: a far outlier would leave no room for all others."""


@dataclass(frozen=True, eq=False)
class Sight:
    """A model, and rows as it reads them."""

    model: Model
    matrix: FeatureMatrix

    def feature(self, name: str) -> tuple[int, Feature] | None:
        """Return where a feature stands and what it is; None: the model does not read it."""
        every = enumerate(self.model.features.features)
        return next(((position, one) for position, one in every if one.name == name), None)

    def rows(self, which: npt.NDArray[np.intp]) -> "Sight":
        return replace(self, matrix=self.matrix.rows(which))


@dataclass(frozen=True, eq=False)
class _Places:
    """Values of a feature, and how many rows have them: see ``Dependence``."""

    places: FloatArray
    names: tuple[str, ...]
    shares: FloatArray
    missing: float

    @property
    def points(self) -> int:
        return len(self.places) + (self.missing > 0)


def dependences(challenger: Sight, champion: Sight | None, names: Sequence[str], *, seed: int) -> Iterator[Dependence]:
    """Yield how predictions depend on each feature of ``names`` that has more than one value among the rows.

    ``champion`` has the same rows. Averages are over a sample of them that ``seed`` draws, as many as a fixed number
    of predictions allows, so that the cost does not grow with the rows.
    """
    found = {name: _places(challenger, name) for name in names}
    told = {name: places for name, places in found.items() if places.points > 1}
    outputs = max(challenger.model.target.codes, 1) if challenger.model.task == "multiclass" else 1
    points = sum(places.points for places in told.values()) * outputs
    most = max(_PREDICTED // max(points, 1), _FEWEST_ROWS)
    random, count = np.random.default_rng(seed), len(challenger.matrix)
    sample = np.sort(random.choice(count, min(count, most), replace=False))
    own, rival = challenger.rows(sample), champion.rows(sample) if champion else None
    for name, places in told.items():
        yield _dependence(own, rival, name, places)


def _dependence(own: Sight, rival: Sight | None, name: str, places: _Places) -> Dependence:
    curves = _means(own, name, places)
    assert curves is not None, "the features are the challenger's"
    others = _means(rival, name, places) if rival else None
    predicted, column, theirs = f"prediction of {own.model.target.name}", 0, 0
    if own.model.task == "binary":
        predicted = f"probability of {own.model.target.name} = {own.model.target.classes[1]}"
    elif own.model.task == "multiclass":
        column = int(np.ptp(curves, axis=0).argmax())  # the class of which the feature says most
        value = own.model.target.classes[column]
        predicted = f"probability of {own.model.target.name} = {value}"
        known = rival.model.target.classes if rival else ()
        others, theirs = (others, known.index(value)) if value in known else (None, 0)
    return Dependence(
        feature=name,
        predicted=predicted,
        places=places.places,
        names=places.names,
        shares=places.shares,
        missing=places.missing,
        challenger=curves[:, column],
        champion=None if others is None else others[:, theirs],
    )


def _places(sight: Sight, name: str) -> _Places:
    found = sight.feature(name)
    assert found is not None, "the features are the challenger's"
    position, feature = found
    values = sight.matrix.values[:, position].astype(np.float64)
    missing = float(np.isnan(values).mean())
    if feature.kind == "category":
        codes = values[~np.isnan(values)].astype(np.intp)
        counts = np.bincount(codes, minlength=len(feature.levels))
        kept = np.sort(np.argsort(-counts, kind="stable")[:_VALUES])
        kept = kept[counts[kept] > 0]
        names = tuple(feature.levels[code] for code in kept)
        return _Places(np.arange(len(kept), dtype=np.float64), names, counts[kept] / len(values), missing)
    known = values[np.isfinite(values)]
    places, counts = np.unique(known, return_counts=True)
    if len(places) > _POINTS:
        places = _quantiles(known, places)
        counts, _ = np.histogram(known, _BINS, (places[0], places[-1]))
    return _Places(places, (), counts / len(values), missing)


def _quantiles(known: FloatArray, values: FloatArray) -> FloatArray:
    """Return values at every so many rows; or, where one value fills most rows, at every so many ``values``."""
    steps = np.linspace(*_ENDS, _POINTS)
    found = np.unique(np.quantile(known, steps, method="inverted_cdf"))
    return found if len(found) > 2 else np.quantile(values, steps, method="inverted_cdf")


def _means(sight: Sight, name: str, places: _Places) -> FloatArray | None:
    """Return the mean prediction at each place, and where the value is missing, shape (points, outputs)."""
    found = sight.feature(name)
    if found is None or (len(places.places) and (found[1].kind == "category") != bool(places.names)):
        return None
    position, feature = found
    codes = {level: float(code) for code, level in enumerate(feature.levels)}
    points = [codes.get(level, np.nan) for level in places.names] if places.names else places.places.tolist()
    points += [np.nan] * (places.points - len(points))
    values = np.tile(sight.matrix.values, (len(points), 1))
    values[:, position] = np.repeat(np.array(points, dtype=np.float32), len(sight.matrix))
    predicted = sight.model.estimator.predict(replace(sight.matrix, values=values))
    return np.asarray(predicted.reshape(len(points), len(sight.matrix), -1).mean(axis=1))
