"""The loop on PostgreSQL and S3: what it makes is what it makes on SQLite and files, to the last digest.

No password is told, and a second machine goes on with what the first one made.
"""

import json
import time
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from tasks.data import store
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.version_records import Judged, Proposed
from tasks.settings import load_settings

pytestmark = [pytest.mark.servers, pytest.mark.timeout(1800)]
PASSWORD = "Open-5esame"  # noqa: S105 - of servers that live for a test
VARIABLES = ("PERENNIAL_LEDGER", "PERENNIAL_MLFLOW", "PERENNIAL_PREFECT_DATABASE")
ANSWER_SECONDS = 240
LOAD = """
import mlflow
from tasks.environment import prepare_environment
from tasks.settings import load_settings
prepare_environment(load_settings())
mlflow.set_tracking_uri(load_settings().tracking_uri)
print(mlflow.pyfunc.load_model("models:/returns@champion").metadata.get_input_schema().input_names())
"""


@dataclass(frozen=True)
class Made:
    """What a loop leaves that must not depend on where it is kept."""

    judged: list[dict[str, Any]]
    """Of each challenger: the digests of its rows, model and spec, and the verdict in words and figures."""
    verdicts: list[dict[str, Any]]
    """Of each proposal, in full."""
    kinds: list[str]
    """Of the ledger's entries, oldest first."""
    scored: dict[str, Any]
    watched: dict[str, Any]
    pruned: list[str]
    findings: list[dict[str, Any]]
    runs: list[tuple[dict[str, float], dict[str, str]]]
    """What MLflow's pages show of each run: its metrics and parameters."""


def home_of(name: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    name.mkdir()
    monkeypatch.setenv("PERENNIAL_HOME", str(name))
    return name


def loop(shop: Any, monkeypatch: pytest.MonkeyPatch) -> Made:
    """Train in the worker, approve, score, watch; have the request answered, approve, go back, and prune."""
    shop.train_in_worker("2024-02-10T00:00:00Z", monkeypatch)
    shop.perennial("approve", "returns", "1", "--reason", "the first")
    scored = shop.ask("score", "returns", "--from", "2024-02-10", "--as-of", "2024-02-29")
    watched = shop.ask("watch", "returns", "--as-of", "2024-02-29")
    wait_for_answer(watched["request"])
    shop.perennial("approve", "returns", "2", "--reason", "fresher")
    shop.perennial("rollback", "returns", "--reason", "the first was better liked")
    pruned = shop.ask("prune", "returns", "--delete")["paths"]
    return Made(
        judged=[figures(entry.what) for entry in entries() if isinstance(entry.what, Judged)],
        verdicts=[verdict(entry.what) for entry in entries() if isinstance(entry.what, Proposed)],
        kinds=[entry.kind for entry in entries()],
        scored={**scored, "log": None},
        watched=watched,
        pruned=sorted(str(Path(path).relative_to(shop.home)) for path in pruned),
        findings=shop.ask("doctor")["findings"],
        runs=mlflow_runs(),
    )


def entries() -> list[Any]:
    return Ledger(load_settings().ledger).entries("returns")


def wait_for_answer(request: int) -> None:
    """Wait until the training that the request led to, by event and automation, has answered it."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while not any(entry.kind == "answer" and entry.what.request == request for entry in entries()):
        assert time.monotonic() < deadline, [entry.kind for entry in entries()]
        time.sleep(0.5)


def figures(judged: Judged) -> dict[str, Any]:
    """Return what a verdict says, less what is of the clock: MLflow's run, and the digests of files with times in them."""
    facts = {name: value for name, value in asdict(judged).items() if name not in ("run", "evidence")}
    return {**facts, **{name: getattr(judged.evidence, name) for name in ("snapshot", "artifact", "spec")}}


def verdict(proposed: Proposed) -> dict[str, Any]:
    """Return a verdict as it was written down, less how long a prediction took."""
    text = (store.here(proposed.where.files) / "verdict.json").read_text()
    facts = {name: value for name, value in json.loads(text).items() if name != "cost"}
    return {**facts, "checks": [check for check in facts["checks"] if check["gate"] != "latency"]}


def mlflow_runs() -> list[tuple[dict[str, float], dict[str, str]]]:
    from mlflow import MlflowClient

    client = MlflowClient(load_settings().tracking_uri)
    experiment = client.get_experiment_by_name("returns")
    assert experiment
    found = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"])
    return [(_made(run.data.metrics), run.data.params) for run in found]


def _made(metrics: dict[str, float]) -> dict[str, float]:
    """Return what a training made, less what it cost: no two cost the same."""
    return {name: value for name, value in metrics.items() if not name.startswith("cost.")}


def test_the_loop_on_postgresql_and_s3_makes_what_it_makes_on_sqlite_and_files(
    open_shop: Any, database: Any, s3: Any, tmp_path: Path, scheduled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = open_shop(home_of(tmp_path / "files", monkeypatch))
    with small.up():
        on_files = loop(small, monkeypatch)
    for variable in VARIABLES:
        monkeypatch.setenv(variable, database.new())
    monkeypatch.setenv("PERENNIAL_STORE", "s3://models/perennial")
    large = open_shop(home_of(tmp_path / "servers", monkeypatch))
    with large.up() as stack:
        on_servers = loop(large, monkeypatch)
        keep_answer_of(large, "admin/settings")
        commands = [one.cmdline() for one in (stack, *stack.children(recursive=True))]
        prefect = large.prefect()

        assert on_servers == on_files
        assert not list(large.home.rglob("*.db"))
        assert not (large.home / "registry").exists() or not list((large.home / "registry").rglob("*.html"))
        assert not any(PASSWORD in word for command in commands for word in command)
        assert not [f for f in large.home.rglob("*") if f.is_file() and PASSWORD.encode() in f.read_bytes()]
        assert not [key for key, content in objects(s3) if PASSWORD.encode() in content]
        monkeypatch.setenv("PREFECT_API_URL", prefect)
        go_on(open_shop(home_of(tmp_path / "second", monkeypatch)), on_servers)
    assert scheduled.is_dir()


def go_on(second: Any, made: Made) -> None:
    """Go on with the loop on a machine that has nothing but the databases and the store."""
    again = second.ask("score", "returns", "--from", "2024-02-10", "--as-of", "2024-02-29")
    assert (again["rows"], again["new"]) == (made.scored["rows"], 0)
    assert second.ask("watch", "returns", "--as-of", "2024-02-28")["version"] == 1
    third = second.ask("train", "returns", "--as-of", "2024-02-29")
    assert third["artifact"] == made.judged[1]["artifact"], "the same rows make the same model on any machine"
    second.perennial("approve", "returns", "3", "--reason", "on the second machine")
    second.perennial("rollback", "returns", "--reason", "back to the first")
    assert "price" in second.run("-c", LOAD)
    found = second.ask("doctor")
    assert found["well"], found
    assert not [finding for finding in found["findings"] if finding["state"] != "well"]


def objects(s3: Any) -> list[tuple[str, bytes]]:
    client = s3.client()
    pages = client.get_paginator("list_objects_v2").paginate(Bucket="models")
    keys = [one["Key"] for page in pages for one in page["Contents"]]
    return [(key, client.get_object(Bucket="models", Key=key)["Body"].read()) for key in keys]


def keep_answer_of(shop: Any, page: str) -> None:
    """Keep what Prefect's server answers."""
    with urllib.request.urlopen(f"{shop.prefect()}/{page}", timeout=10) as answer:
        (shop.home / "answer.json").write_bytes(answer.read())
