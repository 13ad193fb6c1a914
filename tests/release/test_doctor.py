import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tasks.release import requests
from tasks.release.doctor import Finding, examine_ledger, examine_models
from tasks.release.evidence import collect
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.leases import leased
from tasks.release.ledger.version_records import Places, Promoted, Proposed
from tasks.release.ledger.work_records import Requested
from tasks.release.record import LINEAGE
from tasks.release.registry import Registry
from tasks.release.versions import Training
from tasks.settings import Settings

pytestmark = [
    pytest.mark.usefixtures("project"),
    # MLflow warns of its own code when it is imported, and of the signature, which is written by hand.
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType"),
    pytest.mark.filterwarnings("ignore:.*An input example was not provided"),
]
NOW = datetime.now(UTC)


@pytest.fixture
def proposed(settings: Settings, training: Training) -> Proposed:
    """A registered version with its evidence."""
    for name in ("verdict.json", "verdict.html", "spec.json"):
        (Path(training.files) / name).write_text(json.dumps({"what": name}))
    (Path(training.files) / LINEAGE).write_text(training.lineage.to_json())
    version = Registry(settings).record(training).version
    assert version is not None
    where = Places(training.lineage.rows.uri, version.artifact.uri, training.files)
    evidence = collect(where, snapshot=training.lineage.rows.digest, artifact=version.artifact.digest)
    return Proposed(version.number, "better", evidence, None, where, NOW + timedelta(days=1), 1)


@pytest.fixture
def write(settings: Settings) -> Callable[..., None]:
    def run(*whats: Proposed | Promoted) -> None:
        with Ledger(settings.ledger).deciding() as page:
            for what in whats:
                page.append("returns", what, at=NOW)

    return run


def ill(found: list[Finding]) -> list[str]:
    return [finding.what for finding in found if finding.state == "ill"]


def test_an_alias_behind_the_ledger_is_put_right(
    settings: Settings, proposed: Proposed, write: Callable[..., None]
) -> None:
    write(proposed, Promoted(1, 1, None, 1, proposed.evidence.artifact, proposed.where.artifact, ("ada",)))

    first, second = (list(examine_models(settings)) for _ in range(2))

    assert Finding("mended", "returns: MLflow's alias pointed at no version, and now at 1") in first
    assert Finding("well", "returns: MLflow's alias agrees") in second
    assert ill(first) == []


def test_a_proposal_whose_evidence_is_gone_is_void_and_a_champion_s_damage_is_said(
    settings: Settings, proposed: Proposed, write: Callable[..., None]
) -> None:
    write(
        proposed,
        Promoted(1, 1, None, 1, proposed.evidence.artifact, proposed.where.artifact, ("ada",)),
        replace(proposed, version=2, against=1),
    )
    (Path(proposed.where.artifact) / "features.json").unlink()

    found = list(examine_models(settings))

    assert any("the champion, version 1" in what and "features.json" in what for what in ill(found))
    mended = [finding.what for finding in found if finding.state == "mended" and "proposal" in finding.what]
    assert mended == [
        "returns: the proposal of version 2 is void: its artifact changed since it was proposed; train again"
    ]


def test_a_ledger_that_was_tampered_with_is_ill_by_number(settings: Settings, proposed: Proposed, write) -> None:
    import sqlite3

    write(proposed)
    assert examine_ledger(settings).state == "well"
    with sqlite3.connect(settings.home / "ledger.db") as connection:
        connection.executescript("DROP TRIGGER ledger_never_updated; UPDATE ledger SET model = 'x'")

    finding = examine_ledger(settings)
    assert (finding.state, "entry 1 is not what was written" in finding.what) == ("ill", True)


def test_runs_that_died_are_counted(settings: Settings, proposed: Proposed, write: Callable[..., None]) -> None:
    write(proposed)
    (settings.of("returns") / "runs" / "20240301T000000.000000-1").mkdir(parents=True)

    assert any(
        "returns: a run died before its verdict; see `perennial prune returns`" in f.what
        for f in examine_models(settings)
    )


def test_rows_of_the_champion_that_are_gone_are_ill(
    settings: Settings, proposed: Proposed, write: Callable[..., None]
) -> None:
    write(proposed, Promoted(1, 1, None, 1, proposed.evidence.artifact, proposed.where.artifact, ("ada",)))
    Path(proposed.where.rows).unlink()

    (what,) = ill(list(examine_models(settings)))

    assert what.startswith("returns: what the champion learned from: ")
    assert "the snapshot is gone" in what


KILLED = """
import os, sys
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.leases import leased
from tasks.release.requests import turn
ledger = Ledger(sys.argv[1])
with leased(ledger, "returns", "scoring"), turn(ledger, "returns", 1, "folder"):
    os.kill(os.getpid(), 9)
"""


def test_what_a_killed_process_held_is_given_back_and_its_request_is_open_until_too_many_died(
    settings: Settings,
) -> None:
    requests.request(Ledger(settings.ledger), "returns", Requested("drift", NOW, None, "moved", "digest"), NOW)
    asked = f"returns: request 1, for drift on {NOW:%Y-%m-%d %H:%M} UTC, is"

    def examine(state: str) -> list[str]:
        return [finding.what for finding in examine_models(settings) if finding.state == state]

    assert [what for what in examine("well") if f"{asked} open, and no training has taken it on yet" in what]
    for _ in range(3):
        subprocess.run([sys.executable, "-c", KILLED, settings.ledger], check=False)
    mended = examine("mended")

    assert mended[0] == f"{asked} answered: 3 trainings died of it"
    assert [what.split(",")[0] for what in mended[1:]] == ["returns: a training died", "returns: a scoring died"]
    assert examine("mended") == []


def test_a_request_whose_training_was_killed_is_told_of_with_what_to_do(settings: Settings) -> None:
    requests.request(Ledger(settings.ledger), "returns", Requested("drift", NOW, None, "moved", "digest"), NOW)
    subprocess.run([sys.executable, "-c", KILLED, settings.ledger], check=False)

    (what,) = [finding.what for finding in examine_models(settings) if "request 1" in finding.what]

    assert "is open again: the training that took it on died, 1 of at most 3; the next check sends it again" in what
    assert "or perennial train returns --request 1" in what
    with leased(Ledger(settings.ledger), "returns", "training"):
        assert any("is open, and a training is going on, by process" in f.what for f in examine_models(settings))
