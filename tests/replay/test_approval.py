"""How long people take to approve, and what a policy does meanwhile."""

from datetime import datetime, timedelta

import pytest

from tasks.errors import SettingsError
from tasks.release.ledger.entries import Entry, What
from tasks.release.ledger.version_records import Evidence, Places, Promoted, Proposed
from tasks.replay.approval import Approval, approval_of, find_approval
from tasks.replay.contenders import contenders
from tasks.replay.walk import Walk, walk
from tasks.settings import Settings
from tasks.spec import ModelSpec, PromotionSpec
from tests.replay.conftest import FIRST, START, STEP, MadeUpPast, moments

DAY = timedelta(days=1)


def entry(number: int, at: datetime, what: What) -> Entry:
    return Entry(number, "returns", at, what, "", "")


def proposed(number: int, at: datetime) -> Entry:
    evidence, places = Evidence("", "", "", "", ""), Places("", "", "")
    return entry(number, at, Proposed(number, "passed", evidence, None, places, None, 1))


def promoted(number: int, proposal: int, at: datetime, *by: str, emergency: bool = False) -> Entry:
    return entry(number, at, Promoted(proposal, proposal, None, number, "", "", by, emergency))


def walked(spec: ModelSpec, name: str, past: MadeUpPast, approval: timedelta, steps: int = 6) -> Walk:
    rules = next(one.rules for one in contenders([name], spec, step=STEP) if one.name == name)
    return walk(name, rules, past, first=FIRST, moments=moments(steps), approval=approval)


def test_approval_takes_the_median_of_what_it_took_people_and_emergencies_and_the_spec_do_not_count() -> None:
    entries = [proposed(number, START) for number in (1, 2, 3, 4, 5)]
    entries += [promoted(6, 1, START + DAY, "ada"), promoted(7, 2, START + 9 * DAY, "ada", "bob")]
    entries += [promoted(8, 3, START + 2 * DAY, "bob")]
    entries += [promoted(9, 4, START, "ada", emergency=True), promoted(10, 5, START)]

    found = approval_of(entries)

    assert found == Approval(2 * DAY, 3)
    assert found.sentence == "promoted 2d after the verdict, as people here took: the median of 3"


def test_where_nobody_has_approved_yet_or_the_spec_promotes_by_itself_it_takes_no_time(settings: Settings) -> None:
    manual, automatic = PromotionSpec(), PromotionSpec(approval="automatic")

    for rules in (manual, automatic):
        assert find_approval(None, rules, settings, "returns") == Approval()
    assert not (settings.home / "ledger.db").exists()
    assert approval_of([proposed(1, START)]).sentence == "promoted at once after the verdict"


def test_what_a_person_asks_for_counts_unless_a_proposal_would_be_void_by_then(settings: Settings) -> None:
    assert find_approval(DAY, PromotionSpec(), settings, "returns") == Approval(DAY)
    assert Approval(DAY).sentence == "promoted 1d after the verdict, as asked for"
    with pytest.raises(SettingsError, match=r"^--approval-delay: found 8d; allowed: less than promotion.expires, 7d,"):
        find_approval(8 * DAY, PromotionSpec(), settings, "returns")


@pytest.mark.parametrize(("title", "length"), [("20min", 1 / 72), ("7.5h", 7.5 / 24), ("1.25d", 1.25)])
def test_lengths_are_told_as_people_say_them(title: str, length: float) -> None:
    assert Approval(length * DAY, 1).sentence.startswith(f"promoted {title} after")


@pytest.mark.parametrize(
    ("delay", "lived", "words"),
    [
        (timedelta(seconds=20), timedelta(0), "promoted less than a minute after the verdict, as asked for; in whole steps at once"),
        (2 * DAY, timedelta(0), "promoted 2d after the verdict, as asked for; in whole steps at once"),
        (5 * DAY, 7 * DAY, "promoted 5d after the verdict, as asked for; in whole steps 7d"),
        (14 * DAY, 14 * DAY, "promoted 14d after the verdict, as asked for"),
    ],
)  # fmt: skip
def test_a_replay_lives_a_delay_in_whole_steps(delay: timedelta, lived: timedelta, words: str) -> None:
    approval = Approval(delay, step=7 * DAY)

    assert (approval.lived, approval.sentence) == (lived, words)


def test_a_champion_is_in_use_from_the_first_step_after_the_delay(spec: ModelSpec) -> None:
    first = START + 2 * STEP

    at_once, later, much_later = (
        walked(spec, "every:14d", MadeUpPast(), approval, steps=4) for approval in (0 * DAY, DAY, STEP + DAY)
    )

    assert [step.champion for step in at_once.steps] == [START, START, first, first]
    assert [step.champion for step in later.steps] == [START, START, START, first]
    assert [step.since for step in later.steps][-1] == first + STEP
    assert [step.promoted for step in later.steps] == [False, False, True, False]
    assert {step.champion for step in much_later.steps} == {START}
    assert (at_once.promotions, later.promotions, much_later.promotions) == (2, 1, 1)
    assert {one.passed for one in (at_once, later, much_later)} == {2}


def test_what_passes_while_another_one_waits_takes_its_place_and_is_judged_beside_the_champion_in_use(
    spec: ModelSpec,
) -> None:
    found = walked(spec, "always", MadeUpPast(), STEP + DAY)

    assert [step.promoted for step in found.steps] == [False, False, True, False, True, False]
    assert [step.champion for step in found.steps] == [START + number * STEP for number in (0, 0, 0, 2, 2, 4)]


def test_approval_within_a_step_has_each_champion_a_step_later(spec: ModelSpec) -> None:
    found = walked(spec, "always", MadeUpPast(), DAY, steps=5)

    assert [step.champion for step in found.steps] == [START + number * STEP for number in (0, 0, 1, 2, 3)]


def test_without_a_delay_nothing_is_as_if_it_were_not_there(spec: ModelSpec) -> None:
    rules = next(one.rules for one in contenders(["always"], spec, step=STEP) if one.name == "always")
    past = MadeUpPast(refuse=lambda at: at == START + 2 * STEP)

    one = walk("always", rules, past, first=FIRST, moments=moments(5))

    assert [step.champion for step in one.steps] == [START + number * STEP for number in (0, 1, 1, 3, 4)]
    assert [step.promoted for step in one.steps] == [bool(step.ruling and step.ruling.promotable) for step in one.steps]
