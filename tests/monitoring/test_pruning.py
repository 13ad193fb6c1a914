from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tasks.errors import ModelBusy
from tasks.monitoring import deciding, measuring, pruning, watching
from tasks.monitoring.check import save_check
from tasks.monitoring.predictions import scoring
from tasks.monitoring.predictions.run import Asked, open_scoring
from tasks.monitoring.watching import open_watch
from tasks.release import requests
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.leases import leased
from tasks.release.ledger.standing import standing
from tasks.release.ledger.version_records import Rejected
from tasks.release.ledger.work_records import Requested
from tasks.settings import Settings
from tasks.spec import load_spec

AS_OF = datetime(2024, 2, 24, tzinfo=UTC)
OURS = ("predictions", "profiles", "checks", "reports")
Train = Callable[[int], None]
Edit = Callable[[str, str, str], None]


def score() -> None:
    with open_scoring("returns", Asked(AS_OF - timedelta(days=2), AS_OF, AS_OF)) as run:
        scoring.score(run)


def check(as_of: datetime = AS_OF) -> str:
    """Check the champion; return the digest of what is kept of it."""
    with open_watch("returns", as_of) as watch:
        looked = watching.look(watch)
        return save_check(watch.checks, deciding.diagnose(watch, looked, measuring.signals(watch, looked))).digest


def waste(settings: Settings, *, deleted: bool = False) -> set[str]:
    """What scorings and checks left and nothing rests on, by path within the model's folder."""
    do = pruning.prune if deleted else pruning.find_waste
    found = do(load_spec("returns", settings.specs), settings, Ledger(settings.ledger))
    paths = [one.path.relative_to(settings.of("returns")) for one in found]
    return {str(path) for path in paths if path.parts[0] in OURS}


def there(settings: Settings) -> set[Path]:
    return {path for name in OURS for path in (settings.of("returns") / name).rglob("*") if path.is_file()}


@pytest.mark.usefixtures("champion")
def test_what_a_champion_predicted_and_is_compared_with_and_its_checks_are_kept(settings: Settings) -> None:
    score()
    check()
    before = there(settings)

    assert waste(settings, deleted=True) == set()
    assert there(settings) == before
    assert {path.relative_to(settings.of("returns")).parts[0] for path in before} == {
        "predictions",
        "profiles",
        "checks",
    }


def test_checks_of_an_earlier_champion_go_with_their_pages_but_for_one_that_asked_for_a_training(
    settings: Settings, champion: int, propose: Train, promote: Train
) -> None:
    pages = settings.of("returns") / "reports"
    pages.mkdir()
    for as_of in (AS_OF - timedelta(days=1), AS_OF):
        digest = check(as_of)
        (pages / f"{as_of:%Y%m%dT%H%M%S}.html").write_text("a page")
    requests.request(Ledger(settings.ledger), "returns", Requested("drift", AS_OF, champion, "moved", digest), AS_OF)
    assert waste(settings) == set()

    propose(2)
    promote(2)

    assert waste(settings, deleted=True) == {"checks/20240223T000000.json", "reports/20240223T000000.html"}
    assert waste(settings) == set()
    assert [path.stem for path in pages.iterdir()] == ["20240224T000000"]


@pytest.mark.usefixtures("champion")
def test_a_profile_goes_that_today_s_spec_compares_nothing_with(settings: Settings, edit: Edit) -> None:
    check()
    (profile,) = (settings.of("returns") / "profiles").iterdir()
    edit("deployments/returns.toml", "[contract]", '[drift]\nignore = ["weight"]\n\n[contract]')

    assert waste(settings) == {f"profiles/{profile.name}"}


@pytest.mark.usefixtures("champion")
def test_what_a_version_said_in_the_shadow_of_a_champion_goes_when_it_is_refused(
    settings: Settings, propose: Train, edit: Edit
) -> None:
    edit("deployments/returns.toml", "[contract]", "[scoring]\nshadow = true\n\n[contract]")
    propose(2)
    score()
    assert waste(settings) == set()

    with Ledger(settings.ledger).deciding() as page:
        pending = standing(page.entries("returns")).proposal_of(2)
        assert pending is not None
        page.append("returns", Rejected(2, pending.entry.number, "ada", "no"), at=AS_OF)

    assert waste(settings) == {f"predictions/shadow/day=2024-02-{day}/version=2" for day in (22, 23)}


@pytest.mark.usefixtures("champion")
def test_rows_of_a_scoring_that_was_never_written_down_go(settings: Settings) -> None:
    score()
    left = settings.of("returns") / "predictions" / "rows" / "left.parquet"
    left.write_bytes(b"x" * 1000)

    assert waste(settings, deleted=True) == {"predictions/rows/left.parquet"}
    assert not left.exists()


@pytest.mark.usefixtures("champion")
@pytest.mark.parametrize("purpose", ["training", "scoring"])
def test_nothing_is_deleted_while_a_training_or_a_scoring_is_going_on(settings: Settings, purpose) -> None:
    with leased(Ledger(settings.ledger), "returns", purpose):
        assert waste(settings) == set()
        with pytest.raises(ModelBusy, match=f"a {purpose} is going on already"):
            waste(settings, deleted=True)
