"""What stands in the ledger as news."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tasks.news.decisions import pending, refused, rolled_back, still_news
from tasks.news.news import as_text
from tasks.release.ledger.entries import Entry, What
from tasks.release.ledger.version_records import Evidence, Judged, Places, Promoted, Proposed, Rejected, RolledBack

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
EVIDENCE = Evidence("rows", "artifact", "verdict", "report", "spec")
PROPOSED = Proposed(
    3, "better by 0.02", EVIDENCE, 2, Places("rows", "artifact", "files"), NOON + timedelta(days=7), approvals=1
)
ROLLED_BACK = RolledBack(1, 2, 3, "artifact", "uri", "ada", "it <b>lost</b> money\nlast week")


def entry(number: int, what: What, at: datetime = NOON) -> Entry:
    return Entry(number, "returns", at, what, "", "")


def test_a_proposal_names_the_commands_and_the_form() -> None:
    news = pending(entry(7, PROPOSED), "http://127.0.0.1:4200/form")

    assert (news.severity, news.key) == ("ticket", "entry-7")
    assert news.subject == "returns: version 3 awaits a person"
    assert news.body.splitlines() == [
        "better by 0.02.",
        "To become champion, one person must approve it by 2024-03-08 12:00 UTC.",
        "Decide here: http://127.0.0.1:4200/form",
        "By command: perennial approve returns 3",
        "or: perennial reject returns 3 --reason …",
    ]


def test_a_refusal_says_why_and_is_a_ticket() -> None:
    judged = Judged("run", NOON, "drift", "worse", False, "worse by 0.03.", None, EVIDENCE)
    news = refused(entry(8, judged))

    assert (news.severity, news.subject) == ("ticket", "returns: a challenger was refused")
    assert news.body.startswith("worse by 0.03.\nWhy it was trained: drift. Nothing was changed.\n")


def test_a_rollback_is_a_page_that_shows_what_was_typed_as_text() -> None:
    news = rolled_back(entry(9, ROLLED_BACK))

    assert (news.severity, news.subject) == ("page", "returns: rolled back to version 1")
    assert "ada took version 2 out of use at 2024-03-01 12:00 UTC: it ‹b›lost‹/b› money last week.\n" in news.body
    assert "perennial rollback returns --to 2" in news.body


def test_a_proposal_is_news_until_it_is_decided_or_void_and_a_rollback_for_a_day() -> None:
    waits, automatic = entry(1, PROPOSED), entry(2, replace(PROPOSED, version=4, approvals=0))
    taken_back = entry(3, ROLLED_BACK)

    assert still_news([waits, automatic, taken_back], NOON) == (waits, taken_back)
    assert still_news([waits, taken_back], NOON + timedelta(days=1)) == (waits,)
    assert still_news([waits], NOON + timedelta(days=7)) == ()
    assert still_news([waits, entry(4, Rejected(3, 1, "ada", "no"))], NOON) == ()
    promoted = entry(4, Promoted(3, 1, 1, 4, "artifact", "uri", ("ada",)))
    assert still_news([waits, taken_back, promoted], NOON) == ()


def test_long_text_is_cut() -> None:
    assert len(as_text("word " * 1000)) == 500
