"""Is there anything to learn? A quick model beside the naive baseline, on rows that neither has seen."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tasks.drafting.quick import NAIVE, blocks, has_classes, learn, places, some, trees
from tasks.drafting.trial import Trial
from tasks.errors import PerennialError
from tasks.judgement.comparison import Comparison
from tasks.judgement.significance import Pair, PairedTest, compare
from tasks.judgement.wording import gain, interval
from tasks.metrics import find_metric

RESAMPLES = 500


@dataclass(frozen=True)
class FirstLook:
    """A quick model beside the baseline, on rows of validation: the holdout is left to the gate."""

    found: Comparison | None
    """The challenger is the quick model, its rival the baseline; None: nothing could be compared."""
    learned: int
    """Rows that both learned from."""
    why: str = ""
    """Nothing could be compared: why, in words."""
    importance: Mapping[str, float] = field(default_factory=dict)
    """Each feature's share in the quick model."""

    @property
    def beats(self) -> bool:
        """Whether the quick model is shown to be better than the baseline."""
        return self.found is not None and self.found.beaten

    @property
    def sentence(self) -> str:
        """What a person is to know of it, in a line."""
        if self.found is None:
            return f"not looked at: {self.why}"
        c, said = self.found, f"{gain(self.found)} ({interval(self.found)})"
        ends = f"{c.label} {_short(c.challenger)}, not {_short(c.rival)}, on {c.rows:,} rows of validation"
        if self.beats:
            return f"a quick model beats the naive baseline by {said}: {ends}"
        return f"a quick model is not shown to beat the naive baseline: {said}; {ends}"


def _short(value: float) -> str:
    """Return a metric's value with four digits that say something."""
    return f"{value:,.4g}"


def look(trial: Trial) -> FirstLook:
    """Return how a quick model does beside the baseline on the rows of validation, with the gate's own paired test.

    Both learn from rows of train. Trees stop by the newest of these, so validation is seen by neither; the holdout is
    not looked at.
    """
    learns, judges = (some(places(trial, part)) for part in ("train", "validation"))
    if len(judges) < 2 or not has_classes(trial, judges) or not has_classes(trial, learns):
        why = f"{trial.spec.source.target} is the same in all rows of train or of validation"
        return FirstLook(None, len(learns), why)
    try:
        quick, naive = learn(trial, trees(len(learns)), learns), learn(trial, NAIVE, learns)
        pair = Pair(trial.labels.values[judges], quick.predict(judges), naive.predict(judges), blocks(trial, judges))
    except PerennialError as error:
        return FirstLook(None, len(learns), str(error))
    test = PairedTest(find_metric(trial.spec.gate.metric), trial.spec.gate.alpha, RESAMPLES, seed=trial.spec.seed)
    return FirstLook(compare(pair, test), len(learns), importance=quick.fitted.importance())
