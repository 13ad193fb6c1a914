"""The defaults that people copy, as contestants: each a gate, an alarm, or both, of published templates and tools.

From the descriptions in their documentation and code: a template whose validation is a dry run by default, and so
promotes always; one that compares with the score that the champion had when it was trained; one that splits anew at
random, over rows that both have learned from; one with a constant; a point comparison on the same holdout; alarms of
"any column", by the test of Kolmogorov and Smirnov at 5 %, and by a population stability index above 0.2.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

import numpy as np
import pyarrow as pa

from benchmarks.repetition import generator
from tasks.data.atomic import write_whole
from tasks.data.labels import read_labels
from tasks.data.matrix import FloatArray
from tasks.data.snapshot import load_snapshot
from tasks.data.window import Window
from tasks.metrics import find_metric
from tasks.monitoring.check import Check
from tasks.monitoring.policy import PolicyDecision
from tasks.monitoring.realised import Realised
from tasks.monitoring.triage import Diagnosis
from tasks.release.artifact import load_artifact
from tasks.replay.contenders import UNLIMITED
from tasks.replay.episodes import InUse, Seen, save_served
from tasks.replay.past import LivedPast
from tasks.replay.rulings import Ruling
from tasks.replay.scene import Scene
from tasks.replay.scored import scored
from tasks.replay.shared import eligible_rows
from tasks.replay.trainings import NUMBER, Made
from tasks.spec import PolicySpec

Found = TypeVar("Found")
_SHARE = 0.2
"""Of the rows, for a fresh random split."""
_MOST_ROWS = 5_000
_KS_LEVEL, _PSI_LIMIT, _PSI_BINS = 0.05, 0.2, 10
_SLACK = 0.02
"""How much worse than the first champion's score the constant is, in the metric."""

WEEKLY = PolicySpec(retrain="every", every=timedelta(days=7), cooldown=timedelta(0), retrains_a_month=UNLIMITED)
ALARMED = PolicySpec(
    retrain="on_performance",
    windows=1,
    of=1,
    cooldown=timedelta(0),
    retrains_a_month=UNLIMITED,
    every=timedelta(days=36500),  # no training follows another: they do not copy that
)


@dataclass
class Copied:
    """A past in which challengers are judged, or windows watched, in a way that is copied."""

    past: LivedPast
    promotes: "Callable[[Copied, Made, Made, Ruling], bool]"
    alarms: "Callable[[Copied, InUse, datetime], bool] | None" = None
    """None: nothing is watched, and the rhythm alone decides."""
    scores: dict[str, float] = field(default_factory=dict)
    """Of each model by digest, on its own holdout, when it was trained."""
    trained: list[Made] = field(default_factory=list)
    """All that it has trained, oldest first."""
    _known: dict[Hashable, Any] = field(default_factory=dict)

    def train(self, as_of: datetime, champion: Made | None) -> Made:
        made = self.past.train(as_of, champion)
        if made.challenger is not None:
            self.trained.append(made)
        return made

    def once(self, what: Hashable, find: Callable[[], Found]) -> Found:
        """Return what is found, which is kept under its name."""
        if what not in self._known:
            self._known[what] = find()
        return cast("Found", self._known[what])

    def rule(self, made: Made, champion: Made | None, judged: tuple[str, ...]) -> Ruling:  # noqa: ARG002
        found = self.past.rule(made, champion, ())
        if found.comparison:
            self.scores[made.digest] = found.comparison.challenger
        return found if champion is None else replace(found, promotable=self.promotes(self, made, champion, found))

    def see(self, champion: InUse, at: datetime) -> Seen:
        if champion.made.digest not in self.scores and champion.ruling.comparison:
            self.scores[champion.made.digest] = champion.ruling.comparison.challenger
        alarmed = self.alarms is not None and self.alarms(self, champion, at)
        return Seen(
            _check(self.past.scene, at, alarmed=alarmed),
            self.past.pool.submit(_serve, self.past.scene, champion.made, at).result(),
        )


def _check(scene: Scene, at: datetime, *, alarmed: bool) -> Check:
    """Return a check that says nothing but whether there is an alarm."""
    said = Diagnosis("retrain" if alarmed else "nothing", "untold", (), "an alarm" if alarmed else "none", 1, ())
    unknown = Realised(scene.spec.gate.metric, None, None, None, None, None, None, None, 0, 0, None)
    undecided = PolicyDecision(False, None, ())
    return Check(scene.spec.model, NUMBER, at, at - scene.step, 0, (), unknown, said, undecided)


def _serve(scene: Scene, made: Made, at: datetime) -> str:
    """Return the file of what a model predicted in the step before ``at``, and what came of it."""
    path = scene.folder / "copied" / f"{made.digest[:24]}-{at:%Y%m%dT%H%M%S}.npz"
    if not path.is_file():
        found = scored(scene, made, Window(at - scene.step, at))
        write_whole(path, lambda file: save_served(found, file))
    return str(path)


def always(_: Copied, _made: Made, _champion: Made, _found: Ruling) -> bool:
    """The gate is a dry run."""
    return True


def point(_: Copied, _made: Made, _champion: Made, found: Ruling) -> bool:
    """Better by any amount on the same holdout."""
    return found.comparison is not None and found.comparison.difference > 0


def shown(_: Copied, _made: Made, _champion: Made, found: Ruling) -> bool:
    """Our gate by its rule ``better``: shown to be better, and no check fails."""
    return found.promotable and found.outcome == "better"


def stored(copied: Copied, made: Made, champion: Made, _: Ruling) -> bool:
    """Better than the score that the champion had on the holdout of its day."""
    metric = find_metric(copied.past.scene.spec.gate.metric)
    return metric.better(copied.scores[made.digest], copied.scores[champion.digest])


def constant(copied: Copied, made: Made, _champion: Made, _found: Ruling) -> bool:
    """Better than a number that somebody once wrote down: a little worse than the first model was."""
    metric = find_metric(copied.past.scene.spec.gate.metric)
    first = next(iter(copied.scores.values()))
    return metric.gain(copied.scores[made.digest], first) > -_SLACK


def fresh_split(copied: Copied, made: Made, champion: Made, _: Ruling) -> bool:
    """Better on a fifth of all rows, drawn at random: most of which one or both have learned from."""
    spec = copied.past.scene.spec
    assert made.lineage is not None
    table = load_snapshot(made.lineage.rows)
    labels = read_labels(table.column(spec.source.target), spec)
    taken = generator("fresh split", made.as_of).random(table.num_rows) < _SHARE
    rows = table.filter(pa.array(taken & labels.known))
    metric, truth = find_metric(spec.gate.metric), labels.values[taken & labels.known]
    own, other = (metric.bind(truth, _predict(one, rows))(None) for one in (made, champion))
    return metric.better(own, other)


def _predict(made: Made, rows: pa.Table) -> FloatArray:
    assert made.challenger is not None
    return load_artifact(made.challenger.artifact.uri, made.challenger.artifact.digest).predict(rows)


def any_column_ks(copied: Copied, champion: InUse, at: datetime) -> bool:
    """Any column of the current window differs from what the champion learned from, p below 5 %."""
    from scipy.stats import ks_2samp

    return any(ks_2samp(was, now).pvalue < _KS_LEVEL for was, now in _columns(copied, champion, at))


def any_column_psi(copied: Copied, champion: InUse, at: datetime) -> bool:
    """The population stability index of any column is above 0.2."""
    return any(_psi(was, now) > _PSI_LIMIT for was, now in _columns(copied, champion, at))


def _psi(was: FloatArray, now: FloatArray) -> float:
    edges = np.quantile(was, np.linspace(0, 1, _PSI_BINS + 1)[1:-1])
    shares = [np.bincount(np.searchsorted(edges, values), minlength=_PSI_BINS) / len(values) for values in (was, now)]
    expected, found = (np.clip(share, 1e-4, None) for share in shares)
    return float(((found - expected) * np.log(found / expected)).sum())


def _columns(copied: Copied, champion: InUse, at: datetime) -> list[tuple[FloatArray, FloatArray]]:
    """Return each numeric column as the champion learned from it, and as it is now."""
    scene = copied.past.scene
    assert champion.made.lineage is not None
    names = [c.name for c in scene.contract.columns if c.role == "feature" and pa.types.is_floating(c.type)]
    was = load_snapshot(champion.made.lineage.rows, names)
    now = load_snapshot(eligible_rows(scene, Window(at - scene.step, at)).rows, names)
    random = generator("reference", champion.made.as_of)
    some = was.take(pa.array(random.choice(was.num_rows, min(_MOST_ROWS, was.num_rows), replace=False)))
    pairs = [(_values(some, name), _values(now, name)) for name in names]
    return [(one, other) for one, other in pairs if len(one) and len(other)]


def _values(table: pa.Table, name: str) -> FloatArray:
    return np.asarray(table.column(name).drop_null().to_numpy(), dtype=np.float64)
