"""The documentation's own estimator, from its file to a version that is made again."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.data.contract import load_contract
from tasks.data.ingestion import ingest, prepare
from tasks.data.splits import split
from tasks.errors import ArtifactDamaged
from tasks.learning.own.source import read_sources
from tasks.release.artifact import load_artifact
from tasks.release.challenger import Challenger, Recipe, make_challenger
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.version_records import Evidence, Judged, Places, Proposed
from tasks.release.lineage import surroundings
from tasks.release.reproduction import reproduce
from tasks.settings import Settings
from tasks.spec import load_spec

ROOT = Path(__file__).parents[2]
AS_OF = datetime(2024, 3, 1, tzinfo=UTC)
BAYES = (ROOT / "docs" / "estimators.md").read_text().split("```python\n")[1].split("```")[0]
CANDIDATE = (ROOT / "docs" / "estimators.md").read_text().split("```toml\n")[1].split("```")[0]
Make = Callable[[str], Challenger]


@pytest.fixture
def make(project: Path, settings: Settings, tmp_path: Path) -> Make:
    """Trains a spec whose one candidate is the documentation's; what made it is left in the ledger as version 1."""
    spec_file = project / "deployments" / "returns.toml"
    before, after = spec_file.read_text().split("[[candidates]]")[0], spec_file.read_text().split("[gate]")[1]
    spec_file.write_text(f"{before}{CANDIDATE}\n[gate]{after}")
    (project / "estimators").mkdir()
    (project / "estimators" / "bayes.py").write_text(BAYES)

    def train(name: str) -> Challenger:
        spec, contract = load_spec("returns", settings.specs), load_contract("returns", settings.contracts)
        found = ingest(spec, contract, settings, AS_OF)
        rows = prepare(found, spec, contract, folder=settings.of("returns"), as_of=AS_OF).rows
        recipe = Recipe(spec, contract, 1, sources=read_sources(spec, project))
        made = make_challenger(rows, split(spec, AS_OF), recipe, tmp_path / name)
        (tmp_path / name / "spec.json").write_text(spec.model_dump_json())
        around = surroundings(recipe.sources.values())
        (tmp_path / name / "environment.json").write_text(json.dumps(around))
        digest = hashlib.sha256((tmp_path / name / "spec.json").read_bytes()).hexdigest()
        evidence = Evidence(rows.digest, made.artifact.digest, "", "", digest)
        where = Places(rows.uri, made.artifact.uri, str(tmp_path / name))
        with Ledger(settings.ledger).deciding() as page:
            page.append("returns", Judged("run", AS_OF, "manual", "better", True, "better", 1, evidence), at=AS_OF)
            page.append("returns", Proposed(1, "better", evidence, None, where, None, 1), at=AS_OF)
        return made

    return train


def test_it_is_chosen_written_and_predicts_the_same_in_a_fresh_process(make: Make) -> None:
    made = make("run")

    assert made.kind == "own"
    assert {one.kind: one.value for one in made.candidates}["own"] > 0.7
    assert set(made.importance) == {"price", "weight", "country"}
    command = "import sys; from tasks.release.artifact import verify; verify(*sys.argv[1:])"
    subprocess.run([sys.executable, "-c", command, made.artifact.uri, made.artifact.digest], check=True)


def test_a_later_edit_changes_no_version_and_makes_another_model(make: Make, project: Path, settings: Settings) -> None:
    made = make("run")
    (project / "estimators" / "bayes.py").write_text(BAYES.replace("+ np.log(self.shares)", ""))

    found = reproduce(Ledger(settings.ledger).entries("returns"), "returns", 1, settings)

    assert (found.same, found.digest, found.changed) == (True, made.artifact.digest, ())
    assert make("other").artifact.digest != made.artifact.digest


def test_a_carried_file_that_was_changed_is_never_run(make: Make) -> None:
    made = make("run")
    for file in ("estimator/own.py", "sources/estimators.bayes.py"):
        path = Path(made.artifact.uri) / file
        text = path.read_text()
        path.write_text(f"raise SystemExit\n{text}")
        with pytest.raises(ArtifactDamaged, match=f"{file}: found"):
            load_artifact(made.artifact.uri, made.artifact.digest)
        path.write_text(text)
