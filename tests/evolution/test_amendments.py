"""A change of a contract is proposed, and a person accepts or rejects it."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from deployments.status_answers import status
from tasks.data.contract import load_contract
from tasks.errors import ContractError, DecisionRefused, SnapshotDamaged
from tasks.evolution import amendments
from tasks.evolution.desk import Desk, Person
from tasks.evolution.examining import Examined
from tasks.evolution.patch import digest_of
from tasks.release.ledger.amending import acceptances, pending
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.contract_records import Accepted, Amended
from tasks.settings import Settings
from tasks.spec import ModelSpec

NOW = datetime(2024, 3, 1, 12, tzinfo=UTC)
ADA, BOB = Person("ada", False, NOW), Person("bob", False, NOW, "Spain opened")


@pytest.fixture
def desk(spec: ModelSpec, settings: Settings) -> Desk:
    return Desk(spec, settings, Ledger(settings.ledger))


@pytest.fixture
def spain(last_week: Callable[..., None], evolve: Callable[..., Examined]) -> Examined:
    """A new category of the last week."""

    def change(frame: pd.DataFrame, late: "pd.Series[bool]") -> None:
        frame.loc[late & (frame["order"] % 40 == 0), "country"] = "es"

    last_week(change)
    return evolve()


def test_what_is_proposed_stands_in_the_ledger_with_its_evidence(desk: Desk, spain: Examined) -> None:
    before = desk.file.read_bytes()

    entry = amendments.propose(desk, spain, ADA)

    what = entry.what
    assert isinstance(what, Amended)
    assert (what.contract, what.by, what.summary) == ("returns.py", "ada", "new category of country")
    assert what.before == hashlib.sha256(before).hexdigest()
    document = (desk.folder / f"{what.patch}.json").read_bytes()
    assert hashlib.sha256(document).hexdigest() == what.patch
    kept = json.loads(document)
    assert (kept["snapshot"], kept["rows"], kept["patch"]) == (what.snapshot, 350, spain.patch.diff)
    assert desk.file.read_bytes() == before


def test_the_same_change_again_is_the_same_amendment(desk: Desk, spain: Examined) -> None:
    first, again = amendments.propose(desk, spain, ADA), amendments.propose(desk, spain, BOB)

    assert first == again
    assert pending(desk.ledger.entries("returns")) == [first]


def test_whoever_proposes_is_named(desk: Desk, spain: Examined) -> None:
    with pytest.raises(DecisionRefused, match="nobody is named"):
        amendments.propose(desk, spain, Person(" ", False, NOW))


def test_nothing_is_no_amendment(desk: Desk, evolve: Callable[..., Examined]) -> None:
    with pytest.raises(DecisionRefused, match=r"nothing to propose: returns\.py stays as it is"):
        amendments.propose(desk, evolve(), ADA)


def test_an_acceptance_writes_the_file_and_says_who(desk: Desk, spain: Examined, settings: Settings) -> None:
    number = amendments.propose(desk, spain, ADA).number
    desk.file.chmod(0o640)

    entry = amendments.accept(desk, number, BOB)

    contract = load_contract("returns", settings.contracts)
    assert contract.text == spain.patch.after
    assert entry.what == Accepted(
        number, "returns.py", digest_of(spain.patch.before), contract.version, "bob", "Spain opened"
    )
    assert acceptances(desk.ledger.entries())[contract.version] == entry
    assert desk.file.stat().st_mode & 0o777 == 0o640
    with pytest.raises(DecisionRefused, match=f"amendment {number} was accepted by bob on 2024-03-01"):
        amendments.accept(desk, number, ADA)


def test_a_file_that_somebody_has_edited_meanwhile_is_left_alone(desk: Desk, spain: Examined) -> None:
    number = amendments.propose(desk, spain, ADA).number
    desk.file.write_text(desk.file.read_text() + "\n# mine\n")
    edited = desk.file.read_bytes()

    with pytest.raises(
        DecisionRefused, match=r"returns\.py is not the file that amendment 1 was made for: .* propose again"
    ):
        amendments.accept(desk, number, BOB)

    assert desk.file.read_bytes() == edited
    assert len(desk.ledger.entries()) == 1


def test_an_acceptance_that_cannot_write_leaves_no_entry(
    desk: Desk, spain: Examined, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = amendments.propose(desk, spain, ADA).number
    before = desk.file.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(amendments, "write_whole", full)
        with pytest.raises(ContractError, match="cannot be written, and is as it was: No space left on device"):
            amendments.accept(desk, number, BOB)

    assert (desk.file.read_bytes(), len(desk.ledger.entries())) == (before, 1)
    assert isinstance(amendments.accept(desk, number, BOB).what, Accepted)


def test_after_a_crash_between_file_and_ledger_the_entry_is_made_up_for(desk: Desk, spain: Examined) -> None:
    number = amendments.propose(desk, spain, ADA).number
    desk.file.write_text(spain.patch.after)

    assert isinstance(amendments.accept(desk, number, BOB).what, Accepted)
    assert desk.file.read_text() == spain.patch.after


def test_line_ends_of_windows_stay(desk: Desk, spain: Examined) -> None:
    number = amendments.propose(desk, spain, ADA).number
    desk.file.write_bytes(desk.file.read_bytes().replace(b"\n", b"\r\n"))

    amendments.accept(desk, number, BOB)

    assert desk.file.read_bytes() == spain.patch.after.encode().replace(b"\n", b"\r\n")


def test_a_document_that_was_changed_is_not_written(desk: Desk, spain: Examined) -> None:
    entry = amendments.propose(desk, spain, ADA)
    assert isinstance(entry.what, Amended)
    path = desk.folder / f"{entry.what.patch}.json"
    path.write_text(path.read_text().replace("es", "xx"))

    with pytest.raises(SnapshotDamaged, match="is not what was proposed"):
        amendments.accept(desk, entry.number, BOB)


def test_a_rejection_needs_a_reason_and_ends_it(desk: Desk, spain: Examined) -> None:
    number = amendments.propose(desk, spain, ADA).number
    with pytest.raises(DecisionRefused, match="a rejection needs a reason"):
        amendments.refuse(desk, number, ADA)

    amendments.refuse(desk, number, BOB)

    assert pending(desk.ledger.entries()) == []
    with pytest.raises(DecisionRefused, match=f"amendment {number} was rejected by bob"):
        amendments.accept(desk, number, ADA)


def test_who_may_not_decide_on_the_model_may_not_change_its_contract(desk: Desk, spain: Examined) -> None:
    rules = desk.spec.promotion.model_copy(update={"approvers": ["eve"]})
    strict = replace(desk, spec=desk.spec.model_copy(update={"promotion": rules}))
    number = amendments.propose(strict, spain, ADA).number

    with pytest.raises(DecisionRefused, match=r"bob may not decide on this model; promotion\.approvers: eve"):
        amendments.accept(strict, number, BOB)


def test_a_number_that_is_no_amendment_is_refused_with_those_that_wait(desk: Desk, spain: Examined) -> None:
    amendments.propose(desk, spain, ADA)

    with pytest.raises(DecisionRefused, match="returns has no amendment 7; waiting for a person: 1"):
        amendments.accept(desk, 7, BOB)


def test_a_contract_that_is_a_link_stays_one(desk: Desk, spain: Examined, tmp_path: Path, settings: Settings) -> None:
    number = amendments.propose(desk, spain, ADA).number
    link, real = settings.contracts / "returns.py", tmp_path / "real.py"
    real.write_bytes(link.read_bytes())
    link.unlink()
    link.symlink_to(real)

    amendments.accept(desk, number, BOB)

    assert link.is_symlink()
    assert real.read_text() == spain.patch.after


def test_status_says_what_waits_for_a_person(desk: Desk, spain: Examined) -> None:
    amendments.propose(desk, spain, ADA)

    assert (
        "  waiting    amendment 1 to returns.py, by ada: new category of country: perennial contract accept returns 1"
        in status().lines
    )
