import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tasks.errors import DataRefused
from tasks.price import Price
from tasks.release.charging import Charge, charged
from tasks.release.costs import costs
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.work_records import Spent
from tasks.release.metering import metering
from tasks.release.power import power

BUSY = "n = 0\nwhile __import__('time').process_time() < 0.3: n += 1"
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


def spent(**changes: object) -> Spent:
    given = {"run": "r", "reason": "manual", "finished": True, "wall_seconds": 90.0, "cpu_seconds": 60.0}
    rest = {"peak_bytes": 2 * 10**9, "gpu_seconds": None, "joules": None, "money": None, "currency": None}
    return Spent(**{**given, **rest, **changes})  # type: ignore[arg-type]


def test_cpu_of_a_child_counts_while_it_lives_and_once_after_it_ended() -> None:
    with metering(None) as meter:
        child = subprocess.Popen([sys.executable, "-c", BUSY + "\ninput()"], stdin=subprocess.PIPE)
        while (alive := meter.read().cpu_seconds) < 0.3:
            pass
        child.communicate(b"\n", timeout=10)
        ended = meter.read()

    assert 0.3 <= alive <= ended.cpu_seconds < alive + 2
    assert ended.wall_seconds > 0.25
    assert ended.peak_bytes > 5_000_000
    assert ended.money is None
    assert set(ended.metrics) >= {"cost.wall_seconds", "cost.cpu_seconds", "cost.peak_megabytes"}


def test_an_hour_costs_what_the_settings_say() -> None:
    with metering(Price(3600.0, "EUR")) as meter:
        used = meter.read()
    assert used.money == pytest.approx(used.wall_seconds)


def test_energy_is_counted_over_a_counter_that_starts_again(tmp_path: Path) -> None:
    zone, part = tmp_path / "intel-rapl:0", tmp_path / "intel-rapl:0:1"
    for folder in (zone, part):
        folder.mkdir()
        (folder / "energy_uj").write_text("900000000\n")
        (folder / "max_energy_range_uj").write_text("1000000000\n")

    with power(tmp_path) as found:
        (zone / "energy_uj").write_text("950000000\n")
        before = found.read().joules
        (zone / "energy_uj").write_text("20000000\n")
        after = found.read().joules

    assert (before, after) == (50.0, 120.0)


def test_a_machine_that_tells_no_energy_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with power(tmp_path) as found:
        assert found.read().joules is None
        assert found.read().gpu_seconds is None


def test_a_gpu_s_time_and_energy_are_what_its_tool_tells_every_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "nvidia-smi"
    told.write_text(f"#!{sys.executable}\n" + TOLD)
    told.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + os.environ["PATH"])

    with power(tmp_path) as found:
        while (now := found.read()).gpu_seconds is None or now.gpu_seconds < 0.2:
            pass

    assert now.joules == pytest.approx(200 * now.gpu_seconds, rel=0.3)  # half in use, at 100 W


TOLD = """
import sys, time
while True:
    print("0, 50, 100.0", flush=True)
    print("1, [N/A], [N/A]", flush=True)
    time.sleep(0.05)
"""


def test_a_training_is_charged_also_when_it_breaks(tmp_path: Path) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    with charged(ledger, "returns", Charge("one", "drift"), None):
        pass
    with pytest.raises(DataRefused), charged(ledger, "returns", Charge("two", "manual"), Price(1, "EUR")):
        raise DataRefused("no rows")

    first, second = (entry.what for entry in ledger.entries("returns"))

    assert isinstance(first, Spent)
    assert isinstance(second, Spent)
    assert (first.run, first.reason, first.finished, first.money) == ("one", "drift", True, None)
    assert (second.run, second.finished, second.currency) == ("two", False, "EUR")


def test_costs_are_summed_by_model_and_month(tmp_path: Path) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    with ledger.deciding() as page:
        page.append("returns", spent(money=0.5, currency="EUR"), at=NOON)
        page.append("returns", spent(finished=False, joules=10.0, peak_bytes=5), at=NOON + timedelta(hours=1))
        page.append("returns", spent(money=2.0, currency="USD"), at=NOON + timedelta(days=1))
        page.append("flights", spent(gpu_seconds=7.0), at=NOON)

    flights, november, december = costs(ledger.entries())

    assert (flights.model, flights.gpu_seconds, flights.joules) == ("flights", 7.0, None)
    assert (november.month, november.trainings, november.broken) == ("2026-11", 2, 1)
    assert (november.wall_seconds, november.peak_bytes, november.joules) == (180.0, 2 * 10**9, 10.0)
    assert (november.money, december.money) == ((("EUR", 0.5),), (("USD", 2.0),))
    assert costs(ledger.entries(), since=NOON + timedelta(days=1)) == (december,)
