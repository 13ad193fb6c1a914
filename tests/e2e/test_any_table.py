"""From a file that nobody has prepared to a champion, rows that it scored, and a verdict on drift: with no edit.

``make e2e-init``; with ``PERENNIAL_BENCHMARK_DATA`` the tables of that folder, too. What a table cannot show is said, and is no champion: linnerud has twenty rows. No champion may be
shown to be worse than LightGBM with its defaults.
"""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from deployments import answers, decision_answers, monitoring_answers, scoring_answers
from deployments.answers import Answer
from deployments.init_answer import init
from deployments.reproduction_answer import reproduce
from tasks.data.window import read_time
from tasks.drafting.findings import TRAPS as TOPICS
from tasks.drafting.wishes import Wishes
from tests.drafting.millions import MILLIONS
from tests.drafting.tables import BUNDLED, FLIGHTS, TRAPS, Table, at_hand
from tests.e2e.defaults import HEAD, beside_defaults

pytestmark = [pytest.mark.init, pytest.mark.timeout(1200)]
ROOT = Path(__file__).parents[2]
AS_OF = "2026-11-28"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One project for all tables."""
    return tmp_path_factory.mktemp("tables")


@pytest.fixture(scope="module")
def besides(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """How each champion does beside LightGBM's defaults, a line each; shown when all are through."""
    lines: list[str] = []
    yield lines
    with request.config.pluginmanager.get_plugin("capturemanager").global_and_fixture_disabled():  # type: ignore[union-attr]
        print("", *HEAD, *lines, sep="\n", flush=True)


@pytest.fixture(autouse=True)
def _here(place: Path, prefect_api: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(place)
    monkeypatch.setenv("PERENNIAL_PROJECT", str(place))
    monkeypatch.setenv("PERENNIAL_HOME", str(place / "home"))
    monkeypatch.setenv("PREFECT_API_URL", prefect_api)
    with temporary_settings({PREFECT_API_URL: prefect_api}):
        yield


def run(line: str) -> Answer:
    """Run one of the commands that ``init`` names, in this process."""
    _, verb, model, *words = line.split()
    given = dict(zip(words[0::2], words[1::2], strict=False))
    if verb == "train":
        return answers.train(model, given.get("--as-of"))
    if verb == "approve":
        by = decision_answers.person(model, "a test")
        return decision_answers.decide(model, "approve", decision_answers.decision(int(words[0]), by, "as shown"))
    if verb == "score":
        return scoring_answers.score_window(model, given["--from"], None, given.get("--as-of"))
    return monitoring_answers.watch(model, given.get("--as-of"))


@pytest.mark.parametrize(
    "table",
    [*BUNDLED, *TRAPS, *at_hand(), FLIGHTS, pytest.param(MILLIONS, marks=pytest.mark.timeout(1800))],
    ids=lambda table: table.name,
)
def test_a_table_goes_all_the_way_with_no_edit(table: Table, place: Path, besides: list[str]) -> None:
    table.write(place / f"{table.name}.csv")
    drafted = init(Wishes(f"{table.name}.csv", table.target, table.name), AS_OF, quietly=True)

    told = {(one["topic"], name) for one in drafted.facts["findings"] for name in one["columns"] or ("",)}
    assert {one for one in told if one[0] in TOPICS} == set(table.planted)
    assert drafted.facts["quarantined"] < 0.01

    train, approve, score, watch = drafted.facts["next"]
    trained = run(train)
    assert trained.facts["promotable"] is table.champion, trained.lines
    if not table.champion:
        assert "more labelled rows are needed" in trained.lines[0]
        return
    run(approve)
    beside = beside_defaults(table.name, read_time(trained.facts["as_of"]), Path(trained.facts["record"]))
    besides.append(beside.line)
    assert not beside.shown_worse, beside.line
    if table is not MILLIONS:  # a training once more, and as long
        assert reproduce(table.name, 1).facts["same"]
    scored, watched = run(score), run(watch)
    assert scored.facts["rows"] > 0
    assert scored.facts["quarantined"] <= 0.01 * scored.facts["rows"]
    assert watched.facts["diagnosis"]["action"] in ("nothing", "watch", "wait"), watched.lines


def test_every_contract_that_was_written_passes_mypy(place: Path) -> None:
    contracts = sorted(str(path) for path in (place / "data_contracts").glob("*.py"))
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), *contracts]

    checked = subprocess.run(command, capture_output=True, text=True, cwd=place, check=False)

    assert len(contracts) >= len(BUNDLED) + len(TRAPS)
    assert checked.returncode == 0, checked.stdout


def test_what_the_data_cannot_settle_is_asked_on_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,stars\n" + "".join(f"{n * 37 % 101 / 7},{n % 5 + 1}\n" for n in range(100)))
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "deployments.cli", "init", str(tmp_path / "rows.csv"), "--target", "stars"]
    environment = {**os.environ, "PERENNIAL_PROJECT": str(tmp_path), "PERENNIAL_HOME": str(tmp_path / "home")}
    os.write(ours, b"regression\n")

    ran = subprocess.run(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, env=environment, cwd=ROOT, check=True
    )

    said = os.read(ours, 10_000).decode()
    os.close(ours)
    os.close(theirs)
    assert "stars has 5 different whole numbers. Are they classes, or amounts?" in said
    assert b"stars: regression" in ran.stdout
    assert 'task = "regression"' in (tmp_path / "deployments" / "rows.toml").read_text()
