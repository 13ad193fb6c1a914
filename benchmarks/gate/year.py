"""A year of weekly challengers: what each rule of promotion gives up against hindsight."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np

from benchmarks.gate.drifting import FEATURES, HOLDOUT, KINDS, WEEKS, WINDOW, Kind, Rows, Year, make_year
from benchmarks.gate.gates import Beside, gate_of, holdout
from benchmarks.markdown import Section, Table
from benchmarks.repetition import Runner, generator
from tasks.data.matrix import FloatArray
from tasks.judgement.gate import judge
from tasks.judgement.partition import by_quantile
from tasks.judgement.significance import Pair
from tasks.metrics import find_metric

WORLDS = 20
GOAL = 0.3
_OWN_SHARE = 0.2
_DAMAGED = 0.1
_AUC = find_metric("roc_auc")


@dataclass(frozen=True)
class Model:
    """A model of one week, with the score that it had on a random part of its own rows."""

    weights: tuple[float, ...]
    base: float
    stored: float

    def scores(self, features: FloatArray) -> FloatArray:
        return np.asarray(1 / (1 + np.exp(-self.base - features @ np.array(self.weights))))


@dataclass(frozen=True)
class Week:
    """What a rule may look at: two models, and rows that neither was trained on."""

    champion: Model
    challenger: Model
    held: Rows
    number: int

    @property
    def pair(self) -> Pair:
        challenger, champion = (model.scores(self.held.features) for model in (self.challenger, self.champion))
        return Pair(self.held.labels, challenger, champion, self.held.days)


def stored_score(week: Week) -> bool:
    return week.challenger.stored > week.champion.stored


def point(week: Week) -> bool:
    pair = week.pair
    return _auc(pair.labels, pair.challenger) > _auc(pair.labels, pair.rival)


def ours(week: Week, **rules: object) -> bool:
    """Judge with every default but ``rules``; half of the holdout had judged a week ago."""
    pair, features = week.pair, week.held.features
    columns = {f"x{i}": by_quantile(features[:, i], f"x{i}", bins=4) for i in range(FEATURES)}
    uses = np.where(pair.blocks < pair.blocks.min() + 7, min(week.number - 1, 1), 0)
    held = holdout(pair, Beside(features=columns, uses=uses))
    return judge(held, gate_of("roc_auc", pair, **rules), week.number).promotable


Rule = Callable[[Week], bool]
Quality = Callable[[int, Model], float]
RULES: dict[str, Rule] = {
    "stored score": stored_score,
    "point comparison": point,
    "always promote": lambda _: True,
    "never promote": lambda _: False,
    "ours, defaults": ours,
}
OTHERS: dict[str, Rule] = {
    "ours, margin = 0.001": partial(ours, margin=0.001),
    'ours, rule = "better"': partial(ours, rule="better"),
    'ours, modes.baseline = "warn"': partial(ours, modes={"baseline": "warn"}),
}
"""What would do better where the defaults do not."""


def study(runner: Runner) -> Section:
    found = {kind: np.array(runner.repeat(_one, kind, WORLDS)) for kind in KINDS}
    mine = list(RULES).index("ours, defaults")
    above = [KINDS[kind] for kind, results in found.items() if results[:, mine, 0].mean() > GOAL]
    worst = max(float(results[:, mine, 0].mean()) for results in found.values())
    return Section(
        title="A year of weekly challengers",
        shows=(
            f"What a rule gives up against hindsight, in points of ROC AUC on average over {WEEKS} weeks. "
            f"Ours, with every default, gives up at most {worst:.2f} points; the goal is at most {GOAL}, first of all "
            f"in the slowly ageing world."
        ),
        missed=(f"ours gives up more than {GOAL} points: {', '.join(above)}",) if above else (),
        parts=(_table(found), _WHY),
        simulated=_SIMULATED,
    )


def _rules(kind: Kind) -> dict[str, Rule]:
    return {**RULES, **OTHERS} if kind == "seasonal" else RULES


def _one(kind: Kind, number: int) -> FloatArray:
    """Return for each rule the points that it gave up, its promotions, and its worst week: (rules, 3)."""
    numbers = generator("year", kind, number)
    year = make_year(kind, numbers)
    challengers = [_train(year, week, kind, numbers) for week in range(WEEKS)]
    quality = cache(partial(_quality, year))
    best, *walks = (_walk(year, challengers, rule, quality) for rule in (None, *_rules(kind).values()))
    lost = [100 * (best - walk)[:, 0] for walk in walks]
    return np.array([[gap.mean(), walk[:, 1].sum(), gap.max()] for gap, walk in zip(lost, walks, strict=True)])


def _walk(year: Year, challengers: list[Model], rule: Rule | None, quality: Quality) -> FloatArray:
    """Return for each week the AUC of what was in use in it, and whether it was promoted then: (weeks, 2).

    No rule: hindsight, which takes whichever of its champion and the challenger is better in the week to come.
    """
    champion, kept = challengers[0], []
    for number, challenger in enumerate(challengers[1:], start=1):
        at = WINDOW + HOLDOUT + number
        if rule is None:
            promoted = quality(at, challenger) > quality(at, champion)
        else:
            held = Rows.joined(list(year.weeks[at - HOLDOUT : at]))
            promoted = rule(Week(champion, challenger, held, number))
        champion = challenger if promoted else champion
        kept.append((quality(at, champion), float(promoted)))
    return np.array(kept)


def _train(year: Year, week: int, kind: Kind, generator: np.random.Generator) -> Model:
    """Return a logistic regression of the window before the holdout, and its score on a random fifth of that."""
    from sklearn.linear_model import LogisticRegression

    rows = Rows.joined(list(year.weeks[week : week + WINDOW]))
    features = rows.features
    if kind == "damaged" and week and generator.random() < _DAMAGED:
        telling = np.argmax(np.abs(features.T @ (rows.labels - rows.labels.mean())))
        features = np.where(np.arange(FEATURES) == telling, -features, features)
    own = generator.random(len(rows.labels)) < _OWN_SHARE
    fitted = LogisticRegression(solver="newton-cholesky").fit(features[~own], rows.labels[~own])
    model = Model(tuple(fitted.coef_[0]), float(fitted.intercept_[0]), stored=0.0)
    return replace(model, stored=_auc(rows.labels[own], model.scores(features[own])))


def _quality(year: Year, week: int, model: Model) -> float:
    """Return a model's ROC AUC in a week."""
    fresh = year.fresh[week]
    return _auc(fresh.labels, model.scores(fresh.features))


def _auc(labels: FloatArray, scores: FloatArray) -> float:
    return _AUC.bind(labels, scores)(None)


def _table(found: dict[Kind, FloatArray]) -> Table:
    lines = []
    for kind, results in found.items():
        for place, rule in enumerate(_rules(kind)):
            given, promotions, worst = results[:, place].T
            error = given.std(ddof=1) / np.sqrt(len(given))
            figures = (f"{given.mean():.2f} ± {error:.2f}", f"{promotions.mean():.1f}", f"{worst.mean():.1f}")
            lines.append([f"{KINDS[kind]}: {rule}", *figures])
    return Table(("", "points given up", "promotions in a year", "worst week, points"), lines)


_WHY = (
    "Where seasons return, the eight weeks that a challenger has learned from can be the wrong season already. On the "
    "holdout it is then worse by less than the margin, so that the default rule promotes it, as it does nearly all: it "
    "gives up what always promoting does. A smaller margin, or rule `better`, keeps the older model."
)
_SIMULATED = f"""\
Simulated: {WORLDS} worlds of each kind, the same challengers for all rules. Ten features with normal values; labels by
their weighted sum, with weights that wander (ageing), stay (calm), swing with a period of 26 weeks (seasons), and
differ a little on each day; each day has a storm that no feature shows. Each week has 2,000 rows; a challenger is
scikit-learn's logistic regression on a random 80 % of the eight weeks before a holdout of the last two. A damaged
training has the sign of its most telling feature turned over. Stored score: the score on the other 20 % is kept, and
the higher one wins. Point comparison: the higher ROC AUC on the holdout wins. Ours: `judge()` with the default gate,
all features handed to the search for slices, and half of the rows counted as used once before, which leaves 3.5 % of
alpha. Quality is the ROC AUC on 20,000 fresh rows of the days of the coming week. Hindsight takes whichever of its own
champion and the challenger is better in the coming week."""
