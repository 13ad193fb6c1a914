import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowFilter, FlowFilterName, FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import State
from prefect.client.schemas.sorting import FlowRunSort
from prefect.context import FlowRunContext
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.training import run_requested, run_training, training_flow
from tasks.data import ingestion
from tasks.data.ingestion import Ingested
from tasks.errors import DataRefused, ModelBusy, NotEnoughData, SourceUnavailable
from tasks.release import requests
from tasks.release.decisions import Decision, approve
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.leases import leased
from tasks.release.ledger.standing import standing
from tasks.release.ledger.version_records import Judged
from tasks.release.ledger.work_records import Answered, Requested
from tasks.release.proposing import Trained
from tasks.release.registry import Registry
from tasks.release.run import TrainingRun, open_training
from tasks.settings import Settings
from tasks.spec import PromotionSpec
from tasks.steps.training import begun

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("project")]
FIRST, SECOND = datetime(2024, 2, 10, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _server(prefect_api: str) -> Iterator[None]:
    with temporary_settings({PREFECT_API_URL: prefect_api}):
        yield


def promote(settings: Settings, version: int) -> None:
    """Approve a version as its record is, without the examination that `approve` begins with."""
    with Ledger(settings.ledger).deciding() as page:
        now = standing(page.entries("returns"))
        pending = now.proposal_of(version)
        assert pending is not None
        decision = Decision(version, "ada", "", datetime.now(UTC))
        for what in approve(now, decision, pending.proposed.evidence, PromotionSpec()):
            page.append("returns", what, at=decision.at)


def ask(settings: Settings, as_of: datetime = FIRST) -> int:
    """Ask for a training as a check would, and return the request's number."""
    asked = Requested("drift", as_of, None, "price has moved", "digest")
    return requests.request(Ledger(settings.ledger), "returns", asked, as_of).number


async def _run(model: str, as_of: datetime | None) -> State[Any]:
    return await training_flow(model, "manual", as_of, return_state=True)


def run_state(model: str, as_of: datetime | None) -> State[Any]:
    return asyncio.run(_run(model, as_of))


def test_a_first_training_becomes_a_version_by_beating_the_baseline() -> None:
    trained = run_training("returns", "manual", FIRST)

    assert trained.verdict.promotable
    assert trained.verdict.comparison is None
    assert trained.version is not None
    assert trained.version.number == 1
    assert json.loads((Path(trained.files) / "verdict.json").read_text()) == trained.verdict.to_json()


def test_a_version_that_may_be_promoted_awaits_a_person_with_its_evidence(settings: Settings) -> None:
    trained = run_training("returns", "manual", FIRST)

    judged, proposed, _ = Ledger(settings.ledger).entries("returns")
    (pending,) = standing([judged, proposed]).pending
    assert (pending.version, pending.proposed.against, pending.proposed.approvals) == (1, None, 1)
    assert pending.proposed.evidence.artifact == trained.artifact.digest
    assert pending.proposed.evidence.snapshot == trained.lineage.rows.digest
    assert "damaged" not in str(pending.proposed.evidence)


def test_a_spec_that_needs_nobody_promotes_by_itself(edit: Callable[[str, str, str], None], settings: Settings) -> None:
    edit("deployments/returns.toml", "[gate]", '[promotion]\napproval = "automatic"\n\n[gate]')

    run_training("returns", "manual", FIRST)

    entries = Ledger(settings.ledger).entries("returns")
    assert [entry.kind for entry in entries] == ["verdict", "proposal", "promotion", "cost"]
    assert Registry(settings).alias("returns") == 1


def test_windows_a_search_and_the_champion_s_own_trees_are_tried_and_recorded(
    edit: Callable[[str, str, str], None], settings: Settings
) -> None:
    edit("deployments/returns.toml", "[window]", '[window]\ntrain = ["10d", "all"]\nhalf_life = "20d"')
    edit("deployments/returns.toml", '[[candidates]]\nkind = "linear"\n\n', "")
    warm = '[[candidates]]\nkind = "lightgbm"\nwarm_start = "continue"\n\n[tuning]\ntrials = 3\n\n[gate]'
    edit("deployments/returns.toml", "[gate]", warm)
    first = run_training("returns", "manual", FIRST)
    assert first.version is not None, first.verdict.reasons
    promote(settings, 1)

    second = run_training("returns", "manual", SECOND)

    tried = json.loads((Path(second.files) / "candidates.json").read_text())
    assert {one["window"] for one in tried} == {"10d", "all", "all, half-life 20d"}
    assert [one["rival"] is not None for one in tried if one["warm"]] == [True] * 3
    chosen = next(one for one in tried if one["chosen"])
    assert second.lineage.window == chosen["window"]
    assert (second.lineage.parent, second.lineage.continued is not None) == (
        (1, True) if chosen["warm"] else (None, False)
    )
    assert len(json.loads((Path(second.files) / "tuning.json").read_text())["trials"]) == 4
    assert len(list((settings.of("returns") / "studies").glob("*.jsonl"))) == 2


def test_a_challenger_is_judged_beside_the_champion_on_rows_that_neither_has_seen(settings: Settings) -> None:
    first = run_training("returns", "manual", FIRST)
    promote(settings, 1)

    second = run_training("returns", "manual", SECOND)

    assert second.verdict.champion_version == "1"
    assert second.verdict.comparison is not None
    assert second.verdict.holdout.seen_rows_removed == 0
    assert second.lineage.splits.holdout.start > first.lineage.splits.validation.end  # type: ignore[operator]


def test_the_rows_that_the_champion_has_seen_are_taken_out_and_counted(settings: Settings) -> None:
    run_training("returns", "manual", SECOND)
    promote(settings, 1)

    again = run_training("returns", "manual", datetime(2024, 2, 20, tzinfo=UTC)).verdict

    # The champion chose on 8 to 18 February; this holdout is 9 to 19 February, with 50 orders a day.
    assert again.holdout.seen_rows_removed == 450
    assert again.holdout.rows == 50


def test_the_same_training_twice_gives_the_same_bytes() -> None:
    def digests(trained: Trained) -> tuple[str, str, str]:
        return trained.lineage.raw.digest, trained.lineage.rows.digest, trained.artifact.digest

    one, other = (run_training("returns", "manual", SECOND) for _ in range(2))

    assert digests(one) == digests(other)
    assert one.verdict.challenger_metrics == other.verdict.challenger_metrics


def test_a_refused_challenger_is_a_result_and_not_a_failure(
    edit: Callable[[str, str, str], None], settings: Settings
) -> None:
    edit("deployments/returns.toml", "[gate]", "[gate]\nfloors = { roc_auc = 0.999 }")

    state = run_state("returns", FIRST)

    assert (state.name, state.is_completed()) == ("Refused", True)
    assert "0.999" in str(state.message)
    judged = Ledger(settings.ledger).entries("returns")[-2].what
    assert isinstance(judged, Judged)
    assert (judged.version, judged.promotable) == (None, False)


def test_a_broken_contract_fails_the_run_with_the_sentence_that_a_user_reads(
    edit: Callable[[str, str, str], None],
) -> None:
    edit("data_contracts/returns.py", '"de", "fr", "it"', '"de"')

    state = run_state("returns", FIRST)

    assert state.is_failed()
    with pytest.raises(DataRefused, match=r"rows break the contract.*country: not isin"):
        asyncio.run(state.aresult())


def test_what_a_person_reads_in_the_ui_is_there() -> None:
    run_training("returns", "manual", FIRST)

    with get_client(sync_client=True) as client:
        ours = FlowFilter(name=FlowFilterName(any_=["training"]))
        (run,) = client.read_flow_runs(flow_filter=ours, limit=1, sort=FlowRunSort.START_TIME_DESC)
        own = FlowRunFilter(id=FlowRunFilterId(any_=[run.id]))
        artifacts = {artifact.key: str(artifact.data) for artifact in client.read_artifacts(flow_run_filter=own)}

    assert run.name == "train-returns-manual"
    assert "ROC AUC" in artifacts["returns-verdict"]
    assert "Version 1 of returns awaits a person" in artifacts["returns-proposal"]
    assert "`perennial approve returns 1`" in artifacts["returns-proposal"]


@pytest.mark.drill
def test_a_database_that_does_not_answer_is_asked_again(
    project: Path, edit: Callable[[str, str, str], None], orders: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = sqlite3.connect(project / "orders.db", isolation_level=None, check_same_thread=False)
    orders.to_pandas().to_sql("orders", writer, index=False)
    edit(
        "deployments/returns.toml",
        'uri = "orders.csv"',
        'uri = "sqlite:///orders.db?timeout=0.1"\ntable = "orders"',
    )
    writer.execute("begin exclusive")

    def ingest(*given: Any) -> Ingested:
        try:
            return real(*given)
        except SourceUnavailable:
            writer.close()
            raise

    real = ingestion.ingest
    monkeypatch.setattr(ingestion, "ingest", ingest)

    assert run_training("returns", "manual", FIRST).version

    with get_client(sync_client=True) as client:
        tries = next(task.run_count for task in client.read_task_runs(limit=20) if task.name.startswith("ingest"))
    assert tries == 2


def test_two_trainings_of_one_model_at_once_are_refused_with_the_holder(settings: Settings) -> None:
    with (
        leased(Ledger(settings.ledger), "returns", "training"),
        pytest.raises(ModelBusy, match=r"returns: a training is going on already, by process \d+ on"),
    ):
        run_training("returns", "manual", FIRST)


def test_a_request_is_trained_as_of_its_check_and_answered_with_the_verdict(settings: Settings) -> None:
    number = ask(settings)

    trained = run_requested("returns", number)

    assert isinstance(trained, Trained)
    assert (trained.lineage.as_of, trained.lineage.reason) == (FIRST, "drift")
    entries = Ledger(settings.ledger).entries("returns")
    assert [entry.kind for entry in entries] == ["request", "claim", "verdict", "proposal", "answer", "cost"]
    summary = trained.verdict.reasons[0]
    assert entries[-2].what == Answered(number, trained.recorded.run_id, "better", summary, 1, superseded=False)
    assert entries[1].what.run == Path(trained.files).parent.name  # type: ignore[union-attr]


def test_a_request_that_has_its_answer_trains_nothing_and_the_run_says_so(settings: Settings) -> None:
    number = ask(settings)
    run_training("returns", "schedule", SECOND)

    state = asyncio.run(_requested(number))

    assert (state.name, state.is_completed()) == ("AlreadyAnswered", True)
    assert f"request {number} has its answer: better" in str(state.message)
    answer = Ledger(settings.ledger).entries("returns")[-2].what
    assert isinstance(answer, Answered)
    assert answer.superseded
    assert len(list((settings.of("returns") / "runs").iterdir())) == 1


def test_a_request_whose_model_is_being_trained_trains_nothing_and_stays_open(settings: Settings) -> None:
    number = ask(settings)

    with leased(Ledger(settings.ledger), "returns", "training"):
        state = asyncio.run(_requested(number))

    assert (state.name, state.is_completed()) == ("Underway", True)
    assert requests.open_request(Ledger(settings.ledger), "returns")


def test_a_request_whose_data_are_refused_three_times_is_answered_with_the_reason(
    edit: Callable[[str, str, str], None], settings: Settings
) -> None:
    number = ask(settings)
    edit("data_contracts/returns.py", '"de", "fr", "it"', '"de"')

    for _ in range(3):
        assert requests.heal(Ledger(settings.ledger), "returns")
        with pytest.raises(DataRefused):
            run_requested("returns", number)

    answer = Ledger(settings.ledger).entries("returns")[-1].what
    assert isinstance(answer, Answered)
    assert (answer.outcome, answer.version) == ("failed", None)
    assert "3 trainings came to no verdict; the last: " in answer.summary
    assert "rows break the contract" in answer.summary


async def _requested(number: int) -> State[Any]:
    return await training_flow("returns", request=number, return_state=True)


@flow
async def _when_begun() -> tuple[datetime | None, UUID]:
    context = FlowRunContext.get()
    assert context is not None
    assert context.flow_run is not None
    return begun(), context.flow_run.id


def test_a_run_knows_when_it_was_first_begun() -> None:
    async def ask_the_server() -> datetime | None:
        async with get_client() as client:
            return (await client.read_flow_run(run)).start_time

    found, run = asyncio.run(_when_begun())
    assert type(found) is datetime
    assert found == asyncio.run(ask_the_server())


def test_a_training_that_is_given_no_time_knows_what_is_known_now() -> None:
    state = run_state("returns", None)

    assert state.is_failed()
    with pytest.raises(NotEnoughData, match=r"returns: .* has 0 labelled rows"):  # the orders are of 2024
        asyncio.run(state.aresult())


def test_a_training_that_is_begun_again_sees_what_it_saw_the_first_time() -> None:
    with open_training("returns", "manual", None, now=FIRST) as run:
        assert isinstance(run, TrainingRun)
        assert run.as_of == FIRST
    with open_training("returns", "manual", SECOND, now=FIRST) as run:
        assert isinstance(run, TrainingRun)
        assert run.as_of == SECOND
