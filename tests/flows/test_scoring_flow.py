import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import State
from prefect.client.schemas.sorting import FlowRunSort

from flows.scoring import run_scoring, scoring_flow
from tasks.data.contract import Contract
from tasks.data.window import Window
from tasks.errors import ModelBusy, RegistryError
from tasks.monitoring.performance import realised_in
from tasks.monitoring.predictions.run import Asked
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.leases import leased
from tasks.settings import Settings
from tasks.spec import ModelSpec

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("project", "reporting")]
TRAINED, AS_OF = datetime(2024, 2, 10, tzinfo=UTC), datetime(2024, 2, 20, tzinfo=UTC)


async def _run(start: datetime, as_of: datetime) -> State[Any]:
    return await scoring_flow("returns", start, None, as_of, return_state=True)


@pytest.mark.usefixtures("champion")
def test_what_a_champion_said_of_rows_it_had_not_learned_from_is_compared_with_what_it_had_promised(
    settings: Settings, spec: ModelSpec, contract: Contract
) -> None:
    window = Window(datetime(2024, 1, 1, tzinfo=UTC), AS_OF)
    scored = run_scoring("returns", Asked(window.start, window.end, AS_OF))

    found = realised_in(spec, contract, settings, window=window, as_of=AS_OF)

    assert scored.made.served.rows == 2500
    assert Ledger(settings.ledger).entries("returns")[-1].kind == "scoring"
    assert (found.matured, found.awaited) == (600 + 451, 49)  # its validation ended on 29 January, 12 days before
    assert found.loss_low is not None
    assert found.loss_high is not None
    assert found.loss_low < 0 < found.loss_high


@pytest.mark.usefixtures("champion")
def test_a_run_that_finds_nothing_new_says_so_and_only_one_runs_at_a_time(
    project: Path, orders: pa.Table, settings: Settings
) -> None:
    broken = pc.if_else(pc.equal(orders["order"], 2400), -1.0, orders["price"])
    pyarrow.csv.write_csv(orders.set_column(3, "price", broken), project / "orders.csv")
    start = AS_OF - timedelta(days=2)
    first, second = (asyncio.run(_run(start, AS_OF)) for _ in range(2))

    assert (first.name, first.message) == ("Completed", "99 of 99 rows were new")
    assert (second.name, second.is_completed()) == ("NothingNew", True)
    name, artifacts = last_run()
    assert name == "score-returns"
    assert "price: not greater_than(0)" in artifacts["returns-not-scored"]
    busy = r"returns: a scoring is going on already, by process \d+ on"
    with leased(Ledger(settings.ledger), "returns", "scoring"), pytest.raises(ModelBusy, match=busy):
        run_scoring("returns", Asked(TRAINED, None, AS_OF))


def last_run() -> tuple[str, dict[str, str]]:
    """The name and the artifacts of the run that was started last."""
    with get_client(sync_client=True) as client:
        (run,) = client.read_flow_runs(limit=1, sort=FlowRunSort.START_TIME_DESC)
        own = FlowRunFilter(id=FlowRunFilterId(any_=[run.id]))
        return str(run.name), {str(a.key): str(a.data) for a in client.read_artifacts(flow_run_filter=own)}


def test_without_a_champion_the_run_fails_with_the_sentence_that_a_user_reads() -> None:
    with pytest.raises(RegistryError, match="returns: there is no champion to score with"):
        run_scoring("returns", Asked(TRAINED, None, AS_OF))
