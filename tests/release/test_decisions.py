from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tasks.errors import DecisionRefused
from tasks.release.decisions import Decision, approve, before, propose, reject, roll_back
from tasks.release.ledger.entries import Entry, What
from tasks.release.ledger.standing import Standing, standing
from tasks.release.ledger.version_records import Approved, Evidence, Expired, Places, Promoted, Proposed, Rejected
from tasks.spec import PromotionSpec

NOON = datetime(2013, 6, 1, 12, tzinfo=UTC)
WHERE = Places("/rows", "/artifact", "/record")
EVIDENCE = Evidence("rows", "model", "verdict", "report", "spec")
ANYBODY = PromotionSpec()


class Diary:
    """A ledger in memory."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def now(self) -> Standing:
        return standing(self.entries)

    def write(self, whats: list[What]) -> list[What]:
        for what in whats:
            self.entries.append(Entry(len(self.entries) + 1, "flights", NOON, what, "", ""))
        return whats


def proposal(version: int, against: int | None = None, **changes: object) -> Proposed:
    made = Proposed(version, "better", EVIDENCE, against, WHERE, NOON + timedelta(days=7), 1)
    return replace(made, **changes)  # type: ignore[arg-type]


def says(version: int, person: str = "ada", reason: str = "", **changes: object) -> Decision:
    return replace(Decision(version, person, reason, NOON), **changes)  # type: ignore[arg-type]


@pytest.fixture
def diary() -> Diary:
    """Version 1 is champion, version 2 is proposed."""
    made = Diary()
    made.write(propose(made.now(), proposal(1)))
    made.write(approve(made.now(), says(1), EVIDENCE, ANYBODY))
    made.write(propose(made.now(), proposal(2, against=1)))
    return made


def test_one_approval_promotes_where_one_is_asked_for(diary: Diary) -> None:
    approval, promotion = diary.write(approve(diary.now(), says(2), EVIDENCE, ANYBODY))

    assert isinstance(approval, Approved)
    assert isinstance(promotion, Promoted)
    assert (promotion.version, promotion.replaces, promotion.fence, promotion.by) == (2, 1, 2, ("ada",))
    assert diary.now().pending == ()


def test_approving_twice_promotes_once(diary: Diary) -> None:
    diary.write(approve(diary.now(), says(2), EVIDENCE, ANYBODY))

    assert approve(diary.now(), says(2), EVIDENCE, ANYBODY) == []


def test_two_different_people_must_agree_where_two_are_asked_for(diary: Diary) -> None:
    diary.write(propose(diary.now(), proposal(3, against=1, approvals=2)))

    assert len(diary.write(approve(diary.now(), says(3, "ada"), EVIDENCE, ANYBODY))) == 1
    with pytest.raises(DecisionRefused, match="ada has approved version 3 already; another person must"):
        approve(diary.now(), says(3, "ada"), EVIDENCE, ANYBODY)
    _, promotion = diary.write(approve(diary.now(), says(3, "bob"), EVIDENCE, ANYBODY))
    assert isinstance(promotion, Promoted)
    assert promotion.by == ("ada", "bob")


def test_a_newer_proposal_takes_the_place_of_one_that_nobody_decided_on(diary: Diary) -> None:
    expired, _ = diary.write(propose(diary.now(), proposal(3, against=1)))

    assert expired == Expired(2, 4, "version 3 was proposed")
    with pytest.raises(
        DecisionRefused, match="the proposal of version 2 expired on 2013-06-01: version 3 was proposed"
    ):
        approve(diary.now(), says(2), EVIDENCE, ANYBODY)


def test_proposing_the_same_version_again_adds_nothing(diary: Diary) -> None:
    assert propose(diary.now(), proposal(2, against=1)) == []


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda s: approve(s, says(2, at=NOON + timedelta(days=7)), EVIDENCE, ANYBODY), "expired on 2013-06-08 12:00 UTC"),
        (lambda s: approve(s, says(2), replace(EVIDENCE, artifact="x", report="y"), ANYBODY), "its artifact and report changed since"),
        (lambda s: approve(s, says(9), EVIDENCE, ANYBODY), "version 9 was never proposed; waiting for approval: 2"),
        (lambda s: approve(s, says(2, "  "), EVIDENCE, ANYBODY), "nobody is named"),
        (lambda s: approve(s, says(2, "eve"), EVIDENCE, PromotionSpec(approvers=["ada"])), "eve may not decide on this model; promotion.approvers: ada"),
        (lambda s: approve(s, says(2, "eve", emergency=True), EVIDENCE, ANYBODY), "it needs a reason"),
        (lambda s: reject(s, says(2), ANYBODY), "a rejection needs a reason"),
        (lambda s: reject(s, says(1), ANYBODY), "version 1 was promoted on 2013-06-01"),
        (lambda s: roll_back(s, says(2), ANYBODY), "version 2 has never been champion; those that have: 1"),
        (before, "version 1 is the only one that has been champion"),
        (lambda _: before(standing([])), "there is no champion to roll back from"),
    ],
)  # fmt: skip
def test_a_decision_that_may_not_be_is_refused_with_the_reason(
    attempt: Callable[[Standing], object], message: str, diary: Diary
) -> None:
    with pytest.raises(DecisionRefused, match=message):
        attempt(diary.now())


def test_a_proposal_whose_champion_was_replaced_is_refused_and_an_emergency_may_still_take_it() -> None:
    stale = Diary()
    stale.write([proposal(5, against=4)])

    with pytest.raises(DecisionRefused, match="it was judged when version 4 was champion, and now version None is"):
        approve(stale.now(), says(5), EVIDENCE, ANYBODY)
    approval, promotion = approve(stale.now(), says(5, reason="fire", emergency=True), EVIDENCE, ANYBODY)
    assert isinstance(approval, Approved)
    assert isinstance(promotion, Promoted)
    assert (approval.emergency, promotion.emergency) == (True, True)


def test_no_emergency_takes_evidence_that_changed(diary: Diary) -> None:
    with pytest.raises(DecisionRefused, match="its artifact changed since it was proposed"):
        approve(diary.now(), says(2, reason="fire", emergency=True), replace(EVIDENCE, artifact="x"), ANYBODY)


def test_a_rejected_version_cannot_be_approved_any_more(diary: Diary) -> None:
    assert diary.write(reject(diary.now(), says(2, reason="too slow"), ANYBODY)) == [Rejected(2, 4, "ada", "too slow")]

    assert reject(diary.now(), says(2, reason="too slow"), ANYBODY) == []
    with pytest.raises(DecisionRefused, match="version 2 was rejected by ada on 2013-06-01: too slow"):
        approve(diary.now(), says(2), EVIDENCE, ANYBODY)


def test_a_rollback_goes_back_and_forth_and_counts_on(diary: Diary) -> None:
    diary.write(approve(diary.now(), says(2), EVIDENCE, ANYBODY))

    for target, fence in ((1, 3), (2, 4)):
        assert before(diary.now()) == target
        diary.write(roll_back(diary.now(), says(target, reason="worse"), ANYBODY))
        assert roll_back(diary.now(), says(target), ANYBODY) == []
        champion = diary.now().champion
        assert champion is not None
        assert (champion.version, champion.fence) == (target, fence)
