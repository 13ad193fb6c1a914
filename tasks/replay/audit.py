"""The live loop's own past, done again decision by decision: does the same come out?

What came from outside is taken from the record: when a window was scored, a check or a training made, and what people
decided. All else is decided again, by the same functions, in a home of its own.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from tasks.data.history.contract import contract_of
from tasks.environment import prepare_environment
from tasks.errors import NotEnoughData
from tasks.learning.estimator import require
from tasks.learning.own.source import read_sources
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.entries import Entry
from tasks.release.ledger.standing import standing
from tasks.replay.again import do_again
from tasks.replay.differences import Difference
from tasks.replay.holding import hold_source
from tasks.replay.live import Deciding, Event, Scoring, Training, Watching, events
from tasks.replay.redone import Again
from tasks.replay.scene import Scene
from tasks.replay.trainings import home_in
from tasks.settings import Settings, load_settings
from tasks.spec import ModelSpec, load_spec

_FOLLOWS = "what was decided before came out otherwise, and this may follow from it"


@dataclass(frozen=True)
class Audit:
    """What came of doing it again."""

    model: str
    scorings: int
    checks: int
    trainings: int
    decisions: int
    """Of people."""
    differences: tuple[Difference, ...]

    @property
    def unexplained(self) -> tuple[Difference, ...]:
        return tuple(one for one in self.differences if one.why is None)


def audit(model: str) -> Audit:
    """Do again all that the ledger says the live loop did, and return where something else comes out.

    Raises:
        NotEnoughData: the live loop has not decided anything yet.
    """
    settings = load_settings()
    prepare_environment(settings)
    spec = load_spec(model, settings.specs)
    live = Ledger(settings.ledger).entries(model)
    told = events(live, spec, settings)
    if not told:
        raise NotEnoughData(f"{model}: the ledger has no decision of this model yet; there is nothing to do again")
    found: list[Difference] = []
    with _beginning(spec, settings, until=_last(told)) as again:
        for number, event in enumerate(told):
            found += _follow(found, do_again(again, event, number, told))
        found += _follow(found, _champions(live, again.entries()))
    counts = {kind: sum(isinstance(one, kind) for one in told) for kind in (Scoring, Watching, Training, Deciding)}
    return Audit(model, counts[Scoring], counts[Watching], counts[Training], counts[Deciding], tuple(found))


@contextmanager
def _beginning(spec: ModelSpec, settings: Settings, *, until: datetime) -> Iterator[Again]:
    """Give the loop before anything has happened; what an audit leaves behind is thrown away."""
    contract = contract_of(spec, settings.contracts)
    require(spec)
    sources = read_sources(spec, settings.project)
    folder = settings.replays(spec.model) / "live"
    shutil.rmtree(folder, ignore_errors=True)
    with hold_source(spec, contract, settings, until=until) as held:
        scene = Scene(
            spec, contract.file, contract.text, held.settings, folder, spec.drift.window, sources, datetime.now(UTC)
        )
        try:
            home = home_in(scene, folder / "home")
            yield Again(scene, home, Ledger(home.ledger))
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _last(told: Sequence[Event]) -> datetime:
    """Return up to when something was known."""
    return max((one.as_of for one in told if not isinstance(one, Deciding)), default=datetime.now(UTC))


def _follow(found: Sequence[Difference], new: Iterator[Difference]) -> list[Difference]:
    """Return the differences of one decision; whatever comes after a first difference may follow from it."""
    return [one if one.why or not found else replace(one, why=_FOLLOWS) for one in new]


def _champions(live: Sequence[Entry], now: Sequence[Entry]) -> Iterator[Difference]:
    """Yield where the champions are not the same, in their order."""
    was, found = ([c.version for c in standing(entries).champions] for entries in (live, now))
    if was != found:
        yield Difference("champions, in their order", str(was), str(found), None)
