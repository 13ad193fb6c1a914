import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tasks.release.doctor import Finding, examine_all, examine_ledger
from tasks.release.evidence import collect
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.records import Places, Promoted, Proposed
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

    first, second = (list(examine_all(settings)) for _ in range(2))

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

    found = list(examine_all(settings))

    assert any("the champion, version 1" in what and "features.json" in what for what in ill(found))
    mended = [finding.what for finding in found if finding.state == "mended" and "proposal" in finding.what]
    assert mended == [
        "returns: the proposal of version 2 is void: its artifact changed since it was proposed; train again"
    ]


def test_a_ledger_that_was_tampered_with_is_ill_by_number(settings: Settings, proposed: Proposed, write) -> None:
    import sqlite3

    write(proposed)
    assert [finding.state for finding in examine_ledger(settings)] == ["well"]
    with sqlite3.connect(settings.home / "ledger.db") as connection:
        connection.executescript("DROP TRIGGER ledger_never_updated; UPDATE ledger SET model = 'x'")

    (finding,) = examine_ledger(settings)
    assert (finding.state, "entry 1 is not what was written" in finding.what) == ("ill", True)


def test_runs_that_died_are_counted(settings: Settings, proposed: Proposed, write: Callable[..., None]) -> None:
    write(proposed)
    (settings.of("returns") / "runs" / "20240301T000000.000000-1").mkdir(parents=True)

    assert any("returns: a run died before its verdict; `perennial prune" in f.what for f in examine_all(settings))
