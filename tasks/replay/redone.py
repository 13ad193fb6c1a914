"""The live loop, done again so far, in a home of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tasks.data.window import write_time
from tasks.release.ledger.book import Ledger, Page
from tasks.release.ledger.entries import Entry, What
from tasks.replay.live import Deciding, Event, Scoring, Training, Watching
from tasks.replay.scene import Scene
from tasks.replay.trainings import Made
from tasks.settings import Settings


@dataclass
class Again:
    """The loop, done again so far."""

    scene: Scene
    settings: Settings
    ledger: Ledger
    versions: dict[int, Made] = field(default_factory=dict)
    judged: tuple[str, ...] = ()

    @property
    def model(self) -> str:
        return self.scene.spec.model

    def entries(self) -> list[Entry]:
        return self.ledger.entries(self.model)


def append(page: Page, model: str, whats: Sequence[What], at: datetime) -> None:
    for what in whats:
        page.append(model, what, at=at)


def words_of(event: Event) -> str:
    """Return what an event is called."""
    match event:
        case Scoring(scored=scored):
            return f"scoring of {write_time(scored.start)} to {write_time(scored.end)}"
        case Watching() | Training():
            return f"{type(event).__name__.lower()} as of {write_time(event.as_of)}"
        case Deciding(what=what):
            return f"{type(what).__name__.lower()}: version {what.version}"
