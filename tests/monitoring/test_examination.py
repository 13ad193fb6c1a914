from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tasks.monitoring import deciding, measuring, watching
from tasks.monitoring.check import save_check
from tasks.monitoring.examination import examine_watched
from tasks.monitoring.predictions import scoring
from tasks.monitoring.predictions.run import Asked, open_scoring
from tasks.monitoring.watching import open_watch
from tasks.settings import Settings

pytestmark = pytest.mark.usefixtures("champion")
AS_OF = datetime(2024, 2, 24, tzinfo=UTC)


@pytest.fixture
def home(settings: Settings, champion: int) -> Path:
    """The model's folder, after a scoring and a check of the champion."""
    with open_scoring("returns", Asked(AS_OF - timedelta(days=2), AS_OF, AS_OF)) as run:
        assert scoring.score(run).made.served.version == champion
    check()
    return settings.of("returns")


def check() -> None:
    with open_watch("returns", AS_OF) as watch:
        looked = watching.look(watch)
        save_check(watch.checks, deciding.diagnose(watch, looked, measuring.signals(watch, looked)))


def found(settings: Settings, state: str) -> list[str]:
    return [finding.what for finding in examine_watched(settings) if finding.state == state]


def test_what_was_scored_and_kept_is_well(settings: Settings, home: Path) -> None:
    assert home.exists()
    assert found(settings, "ill") == found(settings, "mended") == []
    assert found(settings, "well")[:2] == [
        "returns: 1 snapshots of scored rows are what was scored",
        "returns: 2 parts of the predictions log can be read",
    ]


def test_scored_rows_and_predictions_that_are_damaged_are_ill(settings: Settings, home: Path) -> None:
    (rows,) = (home / "predictions" / "rows").glob("*.parquet")
    part = next((home / "predictions" / "served").rglob("*.parquet"))
    rows.unlink()
    part.write_bytes(b"PAR1")

    of_rows, of_part = found(settings, "ill")

    assert "of 1 snapshots of scored rows, 1: " in of_rows
    assert "the snapshot is gone" in of_rows
    assert f"{part}: cannot be read" in of_part


def test_a_damaged_profile_is_deleted_and_the_next_check_makes_it_again(settings: Settings, home: Path) -> None:
    (profile,) = (home / "profiles").iterdir()
    (profile / "arrays.npz").write_bytes(b"not arrays")

    assert found(settings, "mended") == ["returns: the kept profile was damaged; the next check makes it again"]
    assert not profile.exists()
    check()
    assert found(settings, "mended") == []
    assert (profile / "arrays.npz").exists()


def test_a_check_that_cannot_be_read_is_set_aside_and_stands_in_nobody_s_way(settings: Settings, home: Path) -> None:
    (home / "checks" / "20240223T000000.json").write_text('{"model": "ret')
    with pytest.raises(ValueError, match="Unterminated string"):
        check()

    (mended,) = found(settings, "mended")

    assert "a check cannot be read, and is set aside: " in mended
    check()


def test_a_spec_that_cannot_be_read_is_ill_and_hides_no_other_model(settings: Settings, home: Path) -> None:
    (settings.specs / "another.toml").write_text("model = 7")

    assert any(what.startswith("another: ") for what in found(settings, "ill"))
    assert home.exists()
    assert found(settings, "well")


@pytest.fixture
def shared(tmp_path: Path, settings: Settings, champion: int, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: ARG001
    """The model's folder in a store, after a scoring and a check of the champion."""
    monkeypatch.setenv("PERENNIAL_STORE", f"file://{tmp_path}/shared")
    with open_scoring("returns", Asked(AS_OF - timedelta(days=2), AS_OF, AS_OF)) as run:
        scoring.score(run)
    check()
    return tmp_path / "shared" / "models" / "returns"


def test_what_the_store_lost_is_put_there_again_and_a_copy_that_is_damaged_is_no_harm(
    settings: Settings, shared: Path
) -> None:
    here = settings.of("returns")
    for pattern in ("checks/*.json", "profiles/*/arrays.npz"):
        (copy,) = here.glob(pattern)
        copy.write_bytes(b"damaged")
    (rows,) = (shared / "predictions" / "rows").iterdir()
    rows.unlink()

    (mended,) = found(settings, "mended")
    assert mended.startswith(
        "returns: scored rows: gone or damaged in the store, and put there again: models/returns/pred"
    )
    assert rows.exists()
    assert found(settings, "ill") == []


def test_a_part_that_the_store_lost_or_that_only_this_machine_has_is_told_of(settings: Settings, shared: Path) -> None:
    lost, damaged = sorted((shared / "predictions" / "served").rglob("*.parquet"))
    lost.unlink()
    damaged.write_bytes(b"PAR1")

    of_part, of_lost = found(settings, "ill")

    assert f"{damaged.name}: cannot be read" in of_part
    assert "files that the store does not have, so nobody sees them: 1, " in of_lost
    assert lost.name in of_lost
