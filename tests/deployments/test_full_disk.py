"""A home folder on a small disk that fills up: what is said, what is lost, and what works again."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deployments.stack.up import LEAST_FREE
from tasks.release.ledger.book import Ledger
from tasks.settings import Settings, load_settings
from tasks.up import is_up
from tests.deployments.stacks import eventually, perennial, stack_of, status

pytestmark = [pytest.mark.server, pytest.mark.drill, pytest.mark.timeout(600)]
SIZE_MB = 320


@pytest.fixture
def home(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:  # noqa: ARG001
    """A home folder on a disk of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(disk)],
        check=False,
        capture_output=True,
        text=True,
    )
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here, which takes root: {mounted.stderr.strip()}")
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("PERENNIAL_HOME", str(disk / "home"))
    try:
        yield disk / "home"
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


@contextmanager
def filled(home: Path, leave: int = 0) -> Iterator[None]:
    """Have the disk of ``home`` full but for ``leave`` bytes while the block runs."""
    filler = home.parent / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(64_000))
        except OSError:
            file.truncate(file.tell() - leave)
    try:
        yield
    finally:
        filler.unlink()


def test_a_disk_without_room_is_said_before_anything_is_started(home: Path) -> None:
    with filled(home, leave=LEAST_FREE // 2):
        refused = perennial("up")
        assert refused.returncode == 2
        assert (
            f"{home}: 100 MB are free on its disk, and the databases need at least 200 MB; make room" in refused.stderr
        )
    assert not is_up(home)
    assert not home.exists()


def test_a_disk_that_fills_up_loses_nothing_and_all_works_again_when_there_is_room(home: Path) -> None:
    settings = load_settings()
    with stack_of(settings) as stack:
        assert perennial("train", "returns", "--as-of", "2024-02-20").returncode == 0
        before = _entries(settings)
        with filled(home):
            for words in (("train", "returns", "--as-of", "2024-02-25"), ("approve", "returns", "1")):
                refused = perennial(*words)
                assert refused.returncode == 2, refused.stderr
                assert "Traceback" not in refused.stderr
                assert f"perennial: the disk of {home} is full, 0.0 MB are free: make room" in refused.stderr
            stack.part("MLflow").kill()
            eventually(lambda: "MLflow ended with exit code -9" in stack.log.read_text())
        with filled(home, leave=1_000_000):  # enough to begin, and not to end
            halfway = perennial("train", "returns", "--as-of", "2024-02-25")
            assert halfway.returncode == 2, halfway.stderr
            assert f"perennial: the disk of {home} is full" in halfway.stderr
        assert _entries(settings) == before

        eventually(lambda: all(part["well"] for part in status()["parts"]), 120)
        assert perennial("train", "returns", "--as-of", "2024-02-25").returncode == 0
        approved = perennial("approve", "returns", "2")
        assert "champion      version 2" in approved.stdout, approved.stderr
        well = perennial("doctor")
        assert well.returncode == 0, well.stdout


def _entries(settings: Settings) -> list[str]:
    return [entry.digest for entry in Ledger(settings.ledger).entries("returns")]
