"""News of the data: what is at fault, since when, and what no longer is; from this check and those kept before it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from tasks.data import store
from tasks.monitoring.check import Check, kept_checks
from tasks.news.news import BROKEN, MENDED, News, as_text, clock, news, sentence

CHECKS = 3
"""That the data is whole again is sent so many times."""
_PREFIX = "fix the data: "
"""What a finding's sentence begins with, and the subject says."""


@dataclass(frozen=True)
class Kept:
    """What a check, of whichever champion, found at fault."""

    as_of: datetime
    faults: dict[str, str]
    """A sentence for each column; or, where there is none, for the trouble. The worst first; none: all was whole."""


def feed(model: str, checks: Sequence[Kept]) -> tuple[News, ...]:
    """Return the news of the data at the last of ``checks``, which are a model's, oldest first.

    Faults that began at one check are one piece of news. Its key is the time of that check, so it is the same at each
    later one, whichever of them are mended first.
    """
    since: dict[datetime, list[str]] = {}
    for fault in checks[-1].faults:
        since.setdefault(_since(fault, checks), []).append(fault)
    return (*(_broken(model, start, since[start], checks[-1]) for start in sorted(since)), *_mended(model, checks))


def kept(check: Check) -> Kept:
    """Return what ``check`` found at fault."""
    return _kept(check.to_json())


def kept_before(folder: Path, as_of: datetime) -> tuple[Kept, ...]:
    """Return the checks before that time that matter for the news of a check then, oldest first.

    Those are the last few, and before them all since the data was whole.
    """
    found: list[Kept] = []
    for path in reversed(store.fetched(kept_checks(folder))):
        check = _kept(json.loads(path.read_text(encoding="utf-8")))
        if check.as_of < as_of:
            found.append(check)
        if len(found) > CHECKS and not found[-1].faults:
            break
    return tuple(reversed(found))


def _kept(check: dict[str, Any]) -> Kept:
    diagnosis, faults = check["diagnosis"], dict[str, str]()
    if diagnosis["action"] == "fix_the_data":
        for finding in diagnosis["findings"]:
            if finding["action"] == "fix_the_data":
                faults |= {name: finding["sentence"] for name in _about(finding) if name not in faults}
    return Kept(datetime.fromisoformat(check["as_of"]), faults)


def _about(finding: dict[str, Any]) -> Sequence[str]:
    return finding["columns"] or [finding["kind"].replace("_", " ")]


def _since(fault: str, checks: Sequence[Kept]) -> datetime:
    """Return the first of the checks that have found ``fault`` ever since."""
    start = checks[-1].as_of
    for check in reversed(checks):
        if fault not in check.faults:
            break
        start = check.as_of
    return start


def _broken(model: str, since: datetime, faults: Sequence[str], now: Kept) -> News:
    lines = (
        *dict.fromkeys(f"- {sentence(now.faults[fault].removeprefix(_PREFIX))}" for fault in faults),
        f"Since the check of {clock(since)}. It leads to no training: one on such rows makes it worse.",
        f"Look again: perennial watch {model}",
        "You will be told when it is over.",
    )
    return news(BROKEN, f"broken-{since.isoformat()}", f"{model}: fix the data: {_names(faults)}", lines)


def _mended(model: str, checks: Sequence[Kept]) -> Iterator[News]:
    """Yield what one of the last few checks found to be whole again, and still is."""
    for before, after in list(pairwise(checks))[-CHECKS:]:
        if over := [fault for fault in before.faults if fault not in after.faults | checks[-1].faults]:
            lines = (f"The check of {clock(after.as_of)} found it no more.", f"Look again: perennial watch {model}")
            subject = f"{model}: the data is whole again: {_names(over)}"
            yield news(MENDED, f"mended-{after.as_of.isoformat()}", subject, lines)


def _names(faults: Sequence[str]) -> str:
    return as_text(", ".join(faults))
