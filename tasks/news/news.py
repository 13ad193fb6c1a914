"""One piece of news: how urgent it is, what makes it the same as before, and words that are only words.

The same news is sent again at every check until it is over, so a lost event is made good. Prefect lets one key of a
model through once (`deployments.register.notifications`), so nobody is told twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Severity = Literal["page", "ticket"]

PENDING = "perennial.proposal.pending"
REFUSED = "perennial.challenger.refused"
ROLLED_BACK = "perennial.rolled_back"
BROKEN = "perennial.feed.broken"
MENDED = "perennial.feed.mended"
SEVERITY: dict[str, Severity] = {
    PENDING: "ticket",
    REFUSED: "ticket",
    ROLLED_BACK: "page",
    BROKEN: "page",
    MENDED: "page",  # that it is over goes where it was told that it began
}
_LONGEST = 500
_AS_TEXT = str.maketrans({"<": "‹", ">": "›", "{": "{\u2060", "@": "@\u2060"})
"""What would be more than text to a reader of ours.

HTML in a mail; a mention or a link in a chat, where Apprise undoes Slack's own escapes; the name of a secret to
Prefect's custom webhook, which looks for names in what it has just put in (prefect 3.8.8). U+2060 cannot be seen.
"""


@dataclass(frozen=True)
class News:
    """One thing to tell, in words that are safe to show anywhere."""

    event: str
    key: str
    """The same for the same news of a model."""
    subject: str
    body: str

    @property
    def severity(self) -> Severity:
        return SEVERITY[self.event]


def news(event: str, key: str, subject: str, lines: Iterable[str]) -> News:
    return News(event, key, subject, "\n".join(lines))


def as_text(found: str) -> str:
    """Return ``found`` in one line, not too long, and as nothing but text to whatever shows it."""
    line = " ".join(found.split())
    return (line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…").translate(_AS_TEXT)


def sentence(found: str) -> str:
    """Return ``found`` as text that ends in one full stop."""
    return f"{as_text(found).rstrip('.')}."


def clock(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
