from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tasks.release.ledger.entries import Entry, What
from tasks.release.ledger.standing import standing
from tasks.release.ledger.version_records import Evidence, Places, Promoted, Proposed, Rejected, RolledBack
from tasks.release.ledger.work_records import Answered, Claimed, Requested

NOON = datetime(2013, 6, 1, 12, tzinfo=UTC)
WHERE = Places("/rows", "/artifact", "/record")
EVIDENCE = Evidence("a", "b", "c", "d", "e")


def proposed(version: int) -> Proposed:
    return Proposed(version, "better", EVIDENCE, None, WHERE, None, 1)


def promoted(version: int, proposal: int, fence: int) -> Promoted:
    return Promoted(version, proposal, None, fence, f"digest {version}", "/artifact", ("ada",))


def written(*whats: What) -> Sequence[Entry]:
    """One entry an hour."""
    return [Entry(n, "flights", NOON + timedelta(hours=n), what, "", "") for n, what in enumerate(whats, start=1)]


def test_a_model_without_entries_stands_nowhere() -> None:
    found = standing([])

    assert (found.champion, found.fence, found.pending, found.at(NOON)) == (None, 0, (), None)


def test_the_champion_is_the_latest_one_and_each_is_known_for_its_time() -> None:
    rollback = RolledBack(1, 2, 3, "digest 1", "/artifact", "ada", "too slow")
    found = standing(written(proposed(1), promoted(1, 1, 1), proposed(2), promoted(2, 3, 2), rollback))

    assert found.champion is not None
    assert (found.champion.version, found.fence, found.champion.until) == (1, 3, None)
    in_use = [found.at(NOON + timedelta(hours=h)) for h in (0, 2, 3.9, 4, 5, 99)]
    assert [c.version if c else None for c in in_use] == [None, 1, 1, 2, 1, 1]
    assert found.was_champion(2) is not None
    assert found.was_champion(3) is None


def test_a_proposal_is_pending_until_something_ends_it() -> None:
    found = standing(written(proposed(1), proposed(2), Rejected(1, 1, "ada", "no")))

    assert [pending.version for pending in found.pending] == [2]
    assert found.proposal_of(1) is None
    assert found.ended[1].kind == "rejection"


def test_a_request_is_open_with_its_claims_until_it_is_answered() -> None:
    asked, answer = Requested("drift", NOON, 1, "moved", "digest"), Answered(1, "run", "worse", "no", None, False)
    first, second = Claimed(1, 7, "a"), Claimed(1, 8, "b")

    now = standing(written(asked, proposed(1), first, second)).request
    assert now is not None
    assert (now.number, now.requested, now.claims) == (1, asked, (first, second))
    after = standing(written(asked, first, answer, asked)).request
    assert after is not None
    assert (after.number, after.claims) == (4, ())
    assert standing(written(asked, first, answer)).request is None
