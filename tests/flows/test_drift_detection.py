import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.client.schemas.objects import State

from flows.drift_detection import drift_detection_flow, run_check
from tasks.errors import RegistryError
from tasks.settings import Settings

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("project", "reporting")]
TRAINED, AS_OF = datetime(2024, 2, 10, tzinfo=UTC), datetime(2024, 2, 24, tzinfo=UTC)


async def _run() -> State[Any]:
    return await drift_detection_flow("returns", AS_OF, return_state=True)


def artifacts(run: Any) -> dict[str, str]:
    """Return the pages that a run left in Prefect, by key."""
    wanted = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run]))
    with get_client(sync_client=True) as client:
        return {str(one.key): str(one.data) for one in client.read_artifacts(artifact_filter=wanted)}


@pytest.mark.usefixtures("champion")
def test_a_quiet_check_ends_quiet_and_a_broken_feed_is_named_on_every_page(
    project: Path, orders: pa.Table, settings: Settings
) -> None:
    assert asyncio.run(_run()).name == "Quiet"
    assert not (settings.of("returns") / "reports").exists()

    cents = np.where(
        orders["ordered_at"].cast(pa.int64()).to_numpy() >= datetime(2024, 2, 17, tzinfo=UTC).timestamp() * 1e6, 100, 1
    )
    price = pa.array(orders["price"].to_numpy() * cents)
    pyarrow.csv.write_csv(orders.set_column(3, "price", price), project / "orders.csv")
    state = asyncio.run(_run())

    assert state.name == "FixTheData"
    shown = artifacts(state.state_details.flow_run_id)
    (page,) = (settings.of("returns") / "reports").glob("*.html")
    assert str(state.message) in shown["returns-check"]
    assert page.as_uri() in shown["returns-report"]
    assert "price" in str(state.message)
    text = page.read_text(encoding="utf-8")
    assert text.index("price") < text.index("Below, Evidently draws")
    assert "<td>distribution</td><td>price</td>" in text.replace("\n", "")


def test_a_model_without_a_champion_cannot_be_watched() -> None:
    with pytest.raises(RegistryError, match="no champion"):
        run_check("returns", AS_OF)
