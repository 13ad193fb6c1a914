"""News that stands in the ledger: what awaits a person, what was refused, what was taken back."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tasks.news.news import PENDING, REFUSED, ROLLED_BACK, News, as_text, clock, news, sentence
from tasks.release.ledger.entries import Entry
from tasks.release.ledger.standing import standing
from tasks.release.ledger.version_records import Judged, Proposed, RolledBack

_FRESH = timedelta(days=1)
"""For so long every check tells of a rollback."""


def pending(entry: Entry, form: str | None) -> News:
    """Return that a version awaits a person, who may decide on the page ``form``, if there is one."""
    model, what = entry.model, entry.what
    assert isinstance(what, Proposed)
    people = "one person" if what.approvals == 1 else f"{what.approvals} different people"
    until = f" by {clock(what.expires)}" if what.expires else ""
    lines = (
        sentence(what.summary),
        f"To become champion, {people} must approve it{until}.",
        *([f"Decide here: {form}"] if form else []),
        f"By command: perennial approve {model} {what.version}",
        f"or: perennial reject {model} {what.version} --reason …",
    )
    return news(PENDING, _key(entry), f"{model}: version {what.version} awaits a person", lines)


def refused(entry: Entry) -> News:
    """Return that a challenger may not be promoted."""
    model, what = entry.model, entry.what
    assert isinstance(what, Judged)
    lines = (
        sentence(what.summary),
        f"Why it was trained: {as_text(what.reason)}. Nothing was changed.",
        f"More: perennial history {model}",
    )
    return news(REFUSED, _key(entry), f"{model}: a challenger was refused", lines)


def rolled_back(entry: Entry) -> News:
    """Return that a version was made champion again."""
    model, what = entry.model, entry.what
    assert isinstance(what, RolledBack)
    lines = (
        f"{as_text(what.by)} took version {what.replaces} out of use at {clock(entry.at)}: {sentence(what.reason)}",
        f"More: perennial history {model}",
        f"To go back: perennial rollback {model} --to {what.replaces} --reason …",
    )
    return news(ROLLED_BACK, _key(entry), f"{model}: rolled back to version {what.version}", lines)


def still_news(entries: Sequence[Entry], now: datetime) -> tuple[Entry, ...]:
    """Return those of one model's entries that every check tells again: what awaits a person, and a new rollback."""
    stands = standing(entries)
    waiting = [
        one.entry
        for one in stands.pending
        if one.proposed.approvals and (one.proposed.expires is None or now < one.proposed.expires)
    ]
    champion = stands.champion.entry if stands.champion else None
    moved = [champion] if champion and isinstance(champion.what, RolledBack) and now - champion.at < _FRESH else []
    return (*waiting, *moved)


def _key(entry: Entry) -> str:
    return f"entry-{entry.number}"
