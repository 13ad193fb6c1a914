"""How long a version that passed the gate awaits the person who promotes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median_low

from tasks.errors import SettingsError
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.entries import Entry
from tasks.release.ledger.version_records import Promoted
from tasks.settings import Settings
from tasks.spec import PromotionSpec, write_duration


@dataclass(frozen=True)
class Approval:
    """The time from a verdict to the promotion that follows it."""

    delay: timedelta = timedelta(0)
    approved: int = 0
    """Promotions of this model that it is the median of; 0: none, it is asked for or nothing is known."""
    step: timedelta | None = None
    """Between two moments of the replay, which cannot tell what takes less than half of it from what takes no time."""

    @property
    def lived(self) -> timedelta:
        """The delay as the replay lives it: in whole steps, the nearest."""
        return round(self.delay / self.step) * self.step if self.step else self.delay

    @property
    def sentence(self) -> str:
        if not self.delay:
            return "promoted at once after the verdict"
        why = f", as people here took: the median of {self.approved}" if self.approved else ", as asked for"
        told = f"promoted {_words(self.delay)} after the verdict{why}"
        if self.lived == self.delay:
            return told
        return f"{told}; in whole steps {_words(self.lived) if self.lived else 'at once'}"


AT_ONCE = Approval()


def find_approval(asked: timedelta | None, rules: PromotionSpec, settings: Settings, model: str) -> Approval:
    """Return how long an approval takes: as ``asked`` for, or as people took who approved versions of ``model``.

    Where the spec promotes by itself, or nobody has approved one yet, it takes no time.

    Raises:
        SettingsError: what is asked for is longer than a proposal stands.
    """
    if asked is not None:
        if asked >= rules.expires:
            raise SettingsError(
                f"--approval-delay: found {write_duration(asked)}; allowed: less than promotion.expires, "
                f"{write_duration(rules.expires)}, after which a proposal is void"
            )
        return Approval(asked)
    return approval_of(_entries(settings, model)) if rules.approval == "manual" else AT_ONCE


def approval_of(entries: Sequence[Entry]) -> Approval:
    """Return the median time that people took to approve, by a model's ``entries``; an emergency is no rule."""
    proposed = {entry.number: entry.at for entry in entries}
    took = [
        entry.at - proposed[what.proposal]
        for entry in entries
        if isinstance(what := entry.what, Promoted) and what.by and not what.emergency
    ]
    return Approval(median_low(took), len(took)) if took else AT_ONCE


def _entries(settings: Settings, model: str) -> Sequence[Entry]:
    """Return what the ledger says of ``model``; where there is none yet, none is made."""
    if settings.ledger_url is None and not (settings.home / "ledger.db").exists():
        return ()
    return Ledger(settings.ledger).entries(model)


def _words(length: timedelta) -> str:
    """Return ``length`` as a person says it: 2d, 7h, 1.5d, 20min."""
    minutes, hours = length / timedelta(minutes=1), length / timedelta(hours=1)
    if minutes < 60:
        return f"{minutes:.0f}min" if minutes >= 1 else "less than a minute"
    return f"{hours:.3g}h" if hours < 24 else f"{hours / 24:.3g}d"
