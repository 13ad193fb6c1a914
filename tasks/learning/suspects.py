"""Which labels may be wrong, and how many at most.

What may be claimed. Labels can contradict a sure prediction because they are wrong, or because the world is so: a
flight that nobody would have thought late is late. Of labels alone the two cannot be told apart: if mistakes hit rows
of a class alike, the probabilities that are learned from them are those of *given* labels, mistakes included, and
explain the very contradictions that mistakes cause (Menon et al. 2015; Scott 2015: noise rates are identified only if
some rows are known to be certain). So a test of "more contradictions than calibrated probabilities let expect" has no
power against such mistakes, however many there are, and what it does find is bad calibration. Hence no lower bound
above 0 is ever claimed here, and no label is called wrong.

An upper bound there is. With a share δⱼ of mistaken labels among rows that are truly of class j, and labels that are
more often right than not, a row's chance of another label than j is at least δⱼ whatever its features: the surest
rows of j show it best. So the rate of contradictions among them, with its exact upper limit, bounds δⱼ (the noise
rates of Menon et al. 2015, section 5, which take the extremes of the probabilities; here with an interval). Shares of
classes are taken from the given labels, which the mistakes change in the second order.

Suspicion grades a row by Bayes' rule, as if every contradiction among the surest rows were a mistake: for a row
labelled k it is Σⱼ P(j|x) δⱼₖ / P(k|x), j ≠ k, where δⱼₖ is the rate of label k among the surest rows of j, and P is
calibrated on the given labels (isotonic regression; the models of folds are made in a hurry). Suspects are the rows
that confident learning names (Northcutt, Jiang and Chuang 2021, section 3.1) and whose suspicion is at least two
thirds. Confident learning alone compares with class averages: of data that are hard to predict it names a fifth of all
rows, mistaken or not. So two more things are asked of both the label and the class that it may stand for. The surest
rows of the class are seldom contradicted: else chance and mistakes cannot be told apart. And the mistakes that there
may be are fewer than half of the rows that bear its label: else it is as well the model that does not know it.

The rule is ten lines, and is tested against cleanlab's; that library fits no model by blocks of time, bounds nothing,
and so would be a dependency for these ten lines alone.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray

LEVEL = 0.95
_SUREST, _FEWEST = 0.1, 50
"""Of a class's rows, the share that shows how often mistakes can be; and the fewest that say anything."""
_TELLING = 0.1
"""Contradictions among the surest rows of a class up to which a label can be suspected at all."""
_SUSPECT = 2 / 3
"""Suspicion from which a label is twice as probably wrong as right, if mistakes are as frequent as they may be."""
Codes = npt.NDArray[np.intp]
Curve = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, eq=False)
class Suspects:
    """What is to be thought of the labels of some rows."""

    suspicion: FloatArray
    """How probable it may be that a row's label is wrong; 0 for no suspect. Shape (rows,)."""
    instead: Codes
    """The class that each row is surest of, given its features."""
    outside: FloatArray
    """The probability of the given label, by a model that had not seen the row."""
    at_most: float
    """Share of wrong labels, if they hit the rows of a class alike: an upper bound at ``LEVEL``; the lower one is 0."""
    untold: tuple[int, ...] = ()
    """Classes that are too hard to predict: none of their rows, and none that is taken for one of them, is named."""

    @property
    def named(self) -> npt.NDArray[np.bool_]:
        return self.suspicion > 0

    @property
    def share(self) -> float:
        return float(self.named.mean()) if len(self.suspicion) else 0.0


@dataclass(frozen=True, eq=False)
class Grades:
    """What some rows show of how sure a class can be: by it the labels of these, or of other rows, are graded."""

    thresholds: FloatArray
    """Of confident learning: from which probability on a row is confidently of a class. Shape (classes,)."""
    rates: FloatArray
    """Of each other label among the surest rows of a class, shape (classes, labels)."""
    tells: npt.NDArray[np.bool_]
    """Of a class: whether a mistake stands out."""
    curves: tuple[Curve, ...]
    """Of each class, the share of rows with its label over the probability that a model gives it."""

    def suspicion(self, labels: FloatArray, told: FloatArray) -> FloatArray:
        """Return how probable it may be that each label is wrong, 0 for no suspect, shape (rows,)."""
        given, probabilities = labels.astype(np.intp), _probabilities(told)
        likely = self._calibrated(probabilities)
        odds = np.einsum("ij,ji->i", likely, self.rates[:, given]) / likely[np.arange(len(given)), given]
        confident = confident_classes(probabilities, self.thresholds)
        named = (confident >= 0) & (confident != given) & self.tells[confident] & self.tells[given]
        return np.where(named & (odds >= _SUSPECT), np.minimum(odds, 1), 0.0)

    def _calibrated(self, probabilities: FloatArray) -> FloatArray:
        """Return how often rows with such probabilities bear each label."""
        columns = zip(probabilities.T, self.curves, strict=True)
        return _probabilities(np.column_stack([np.interp(column, *curve) for column, curve in columns]))


def learn_grades(labels: FloatArray, told: FloatArray) -> Grades:
    """Return what rows show, whose classes models have ``told`` that had not seen them, shape (rows, classes)."""
    given, probabilities = labels.astype(np.intp), _probabilities(told)
    surest = _surest(given, probabilities)
    counts = np.bincount(given, minlength=len(surest))
    rates = np.array([_rates(given[rows], len(surest)) for rows in surest])
    np.fill_diagonal(rates, 0.0)
    tells = (rates.sum(axis=1) <= _TELLING) & (counts @ rates <= counts / 2)
    curves = tuple(_curve(given == code, probabilities[:, code]) for code in range(len(surest)))
    return Grades(mean_own(given, probabilities), rates, tells, curves)


def find_suspects(labels: FloatArray, told: FloatArray) -> Suspects:
    """Return which of ``labels``, codes of classes, are to be suspected.

    ``told`` are the probabilities of the classes by models that had not seen the row, shape (rows, classes).
    """
    given, probabilities = labels.astype(np.intp), _probabilities(told)
    grades = learn_grades(labels, told)
    counts = np.bincount(given, minlength=probabilities.shape[1])
    most = [most_mistaken(given[rows] != code) for code, rows in enumerate(_surest(given, probabilities))]
    return Suspects(
        suspicion=grades.suspicion(labels, told),
        instead=probabilities.argmax(axis=1),
        outside=probabilities[np.arange(len(given)), given],
        at_most=float(counts @ np.array(most) / max(len(given), 1)),
        untold=tuple(np.flatnonzero(~grades.tells).tolist()),
    )


def mean_own(labels: Codes, probabilities: FloatArray) -> FloatArray:
    """Return the mean probability of each class among the rows labelled so: the thresholds of confident learning.

    Northcutt et al. 2021, equation 2; inf of a class that no row is labelled.
    """
    codes = range(probabilities.shape[1])
    found = [probabilities[labels == code, code] for code in codes]
    return np.array([own.mean() if len(own) else np.inf for own in found])


def confident_classes(probabilities: FloatArray, thresholds: FloatArray) -> Codes:
    """Return the class that each row is confidently of, -1 for none: the likeliest of those above their threshold."""
    above = np.where(probabilities >= thresholds, probabilities, -np.inf)
    return np.where(np.isfinite(above.max(axis=1)), above.argmax(axis=1), -1)


def most_mistaken(against: npt.NDArray[np.bool_]) -> float:
    """Return the largest share of rows that may truly be ``against``, by the exact limit of Clopper and Pearson.

    Rows are taken as independent; 1 where there are none.
    """
    from scipy.stats import beta

    count, odd = len(against), int(against.sum())
    return float(beta.ppf(LEVEL, odd + 1, count - odd)) if odd < count else 1.0


def _probabilities(told: FloatArray) -> FloatArray:
    """Return them above 0, by which is divided."""
    return np.clip(told, 1e-9, 1)


def _curve(happened: npt.NDArray[np.bool_], probabilities: FloatArray) -> Curve:
    """Return the growing curve that fits best (isotonic regression): probabilities, and what they are worth."""
    from sklearn.isotonic import IsotonicRegression

    found = IsotonicRegression().fit(probabilities, happened)
    return np.asarray(found.X_thresholds_), np.asarray(found.y_thresholds_)


def _surest(labels: Codes, probabilities: FloatArray) -> list[Codes]:
    """Return the rows that are surest of each class, a tenth as many as bear its label; none where that is too few."""
    sizes = [int(_SUREST * (labels == code).sum()) for code in range(probabilities.shape[1])]
    return [
        np.argsort(-probabilities[:, code], kind="stable")[: size if size >= _FEWEST else 0]
        for code, size in enumerate(sizes)
    ]


def _rates(labels: Codes, codes: int) -> FloatArray:
    """Return the share of each label; of no rows every share is 1: they say nothing."""
    return np.bincount(labels, minlength=codes) / len(labels) if len(labels) else np.ones(codes)
