from datetime import UTC, datetime

import pytest

from deployments.history_answers import history, show
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.contract_records import Accepted, Amended
from tasks.release.ledger.version_records import Evidence, Judged
from tasks.release.ledger.work_records import Answered, Claimed, Requested
from tasks.settings import Settings

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
ASKED = Requested("drift", datetime(2024, 3, 1, tzinfo=UTC), 3, "price has moved by 0.4 standard deviations", "digest")


@pytest.fixture(autouse=True)
def _written(settings: Settings) -> None:
    answer = Answered(1, "mlflow's", "worse", "Worse: ROC AUC 0.71 against 0.74", None, superseded=True)
    with Ledger(settings.ledger).deciding() as page:
        for what in (ASKED, Claimed(1, 2, "20240301T120000.000000-77"), answer):
            page.append("returns", what, at=NOON)


def test_history_tells_who_asked_for_a_training_and_what_came_of_it() -> None:
    answer, claim, request = history("returns", most=20).lines

    assert request == (
        "2024-03-01 12:00  request    version 3    "
        "a training for drift, as of 2024-03-01: price has moved by 0.4 standard deviations"
    )
    assert claim == "2024-03-01 12:00  claim      no version   of request 1, by run 20240301T120000.000000-77"
    assert answer == (
        "2024-03-01 12:00  answer     no version   "
        "to request 1, by a training that was not started for it: worse, Worse: ROC AUC 0.71 against 0.74"
    )


def test_a_request_stands_with_the_champion_that_it_is_about() -> None:
    assert [entry["kind"] for entry in show("returns", 3).facts["entries"]] == ["request"]


def test_a_version_says_which_contract_it_was_trained_under_and_which_amendment_made_that(settings: Settings) -> None:
    judged = Judged(
        "run", NOON, "manual", "better", True, "better", 4, Evidence("a", "b", "c", "d", "e"), contract="new"
    )
    with Ledger(settings.ledger).deciding() as page:
        page.append("returns", Amended("returns.py", "old", "new", "p", "s", "wider range of price", "ada"), at=NOON)
        page.append("others", Accepted(4, "returns.py", "old", "new", "bob", "dearer goods"), at=NOON)
        page.append("returns", judged, at=NOON)

    verdict, amendment = history("returns", most=2).lines

    assert amendment == "2024-03-01 12:00  amendment               to returns.py, by ada: wider range of price"
    assert verdict.endswith("as of 2024-03-01 12:00: better (contract: amendment 4, accepted by bob)")
    assert "contract      new, amendment 4, accepted by bob" in show("returns", 4).lines
