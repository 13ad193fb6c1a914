"""When the data is news, told by checks as they are kept."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tasks.news.feed import CHECKS, Kept, feed, kept_before
from tasks.news.news import BROKEN, MENDED, News

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
WHOLE: dict[str, str] = {}
PRICE = {"price": "fix the data: price is a hundred times what it was"}
BOTH = {**PRICE, "weight": "weight is missing in all rows"}


def told(*faults: dict[str, str]) -> list[News]:
    """Return what comes through, in order, of all that hourly checks send: each key once."""
    checks = [Kept(NOON + timedelta(hours=hour), found) for hour, found in enumerate(faults)]
    sent = [news for until in range(1, len(checks) + 1) for news in feed("returns", checks[:until])]
    seen: dict[str, News] = {}
    for news in sent:
        seen.setdefault(news.key, news)
    return list(seen.values())


def subjects(*faults: dict[str, str]) -> list[str]:
    return [news.subject.removeprefix("returns: ") for news in told(*faults)]


def test_a_fault_that_stays_is_told_once_when_it_begins_and_once_when_it_is_over() -> None:
    assert subjects(WHOLE, *[PRICE] * 50, *[WHOLE] * 50) == ["fix the data: price", "the data is whole again: price"]


def test_columns_that_break_at_once_are_told_at_once_and_one_more_by_itself() -> None:
    assert subjects(BOTH, BOTH) == ["fix the data: price, weight"]
    assert subjects(PRICE, BOTH, PRICE, WHOLE) == [
        "fix the data: price",
        "fix the data: weight",
        "the data is whole again: weight",
        "the data is whole again: price",
    ]


def test_what_breaks_again_is_told_again_and_not_as_whole_meanwhile() -> None:
    assert subjects(PRICE, WHOLE, PRICE) == [
        "fix the data: price",
        "the data is whole again: price",
        "fix the data: price",
    ]
    last = [Kept(NOON + timedelta(hours=hour), found) for hour, found in enumerate((PRICE, WHOLE, PRICE))]
    assert [news.event for news in feed("returns", last)] == [BROKEN]


def test_the_body_has_the_findings_without_repeating_the_subject() -> None:
    (news,) = told(BOTH)

    assert news.body.splitlines()[:2] == [
        "- price is a hundred times what it was.",
        "- weight is missing in all rows.",
    ]


def test_each_is_sent_again_so_that_one_may_be_lost() -> None:
    checks = [Kept(NOON + timedelta(hours=hour), found) for hour, found in enumerate((PRICE, PRICE, *[WHOLE] * 5))]
    sent = [[(news.event, news.key) for news in feed("returns", checks[: n + 1])] for n in range(len(checks))]

    broken, mended = (BROKEN, "broken-2024-03-01T12:00:00+00:00"), (MENDED, "mended-2024-03-01T14:00:00+00:00")
    assert sent == [[broken], [broken], *[[mended]] * CHECKS, [], []]


def test_the_words_say_what_happened_and_the_command_and_are_only_words() -> None:
    (news,) = told({"<script>": "<script> has {{ 7*7 }}\nnew <!channel> values, said {{token}} and @everyone."})

    assert news.subject == "returns: fix the data: ‹script›"
    assert news.severity == "page"
    assert not {"<", ">"} & set(news.subject + news.body)
    assert "{{" not in news.body
    assert news.body.replace("\u2060", "").splitlines() == [
        "- ‹script› has {{ 7*7 }} new ‹!channel› values, said {{token}} and @everyone.",
        "Since the check of 2024-03-01 12:00 UTC. It leads to no training: one on such rows makes it worse.",
        "Look again: perennial watch returns",
        "You will be told when it is over.",
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Forty hourly checks: broken, whole for ten hours, and broken for the last ten."""
    for hour in range(40):
        as_of = NOON + timedelta(hours=hour)
        broken = hour < 20 or hour >= 30
        finding = {"action": "fix_the_data", "columns": ["price"], "kind": "unit_change", "sentence": "in cents"}
        check = {
            "as_of": as_of.isoformat(),
            "diagnosis": {"action": "fix_the_data" if broken else "nothing", "findings": [finding] if broken else []},
        }
        (tmp_path / f"{as_of:%Y%m%dT%H%M%S}.json").write_text(json.dumps(check))
    return tmp_path


def test_checks_are_read_back_to_where_the_data_was_whole(folder: Path) -> None:
    found = kept_before(folder, NOON + timedelta(hours=39))

    assert [check.as_of.hour for check in found] == [17, 18, 19, 20, 21, 22, 23, 0, 1, 2]
    assert [bool(check.faults) for check in found] == [False, *[True] * 9]
    assert len(kept_before(folder, NOON + timedelta(hours=20))) == 20
    assert kept_before(folder, NOON) == ()
