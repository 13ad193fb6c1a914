import subprocess
import sys
import time
from datetime import timedelta

import pytest

from tasks.errors import LeaseLost, ModelBusy
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.leases import Holding, Lease, at_work, give_back, holding, leased, require

SHORT = timedelta(seconds=0.4)
HOLD = """
import sys, time
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.leases import leased
with leased(Ledger(sys.argv[1]), "flights", "training"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def ledger(url: str) -> Ledger:
    return Ledger(url)


def still_held(ledger: Ledger, lease: Lease) -> None:
    with ledger.deciding() as page:
        require(page, lease)


def test_one_works_at_a_time_and_the_next_may_when_it_is_done(ledger: Ledger) -> None:
    with leased(ledger, "flights", "training") as first:
        with pytest.raises(ModelBusy, match=r"flights: a training is going on already, by process \d+ on "):
            leased(ledger, "flights", "training").__enter__()
        with leased(ledger, "flights", "promotion"), leased(ledger, "orders", "training"):
            still_held(ledger, first)

    with leased(ledger, "flights", "training") as second:
        assert second.fence == first.fence + 1


def test_a_lease_is_renewed_for_as_long_as_its_holder_lives(ledger: Ledger) -> None:
    with leased(ledger, "flights", "training", lasts=SHORT) as lease:
        time.sleep(3 * SHORT.total_seconds())
        still_held(ledger, lease)
        with pytest.raises(ModelBusy):
            leased(ledger, "flights", "training").__enter__()


def test_a_holder_that_was_only_slow_learns_that_it_lost_the_lease(ledger: Ledger, monkeypatch) -> None:
    monkeypatch.setattr("tasks.release.ledger.leases._BEATS", 1e-3)  # it never renews
    with leased(ledger, "flights", "training", lasts=SHORT) as slow:
        time.sleep(1.5 * SHORT.total_seconds())
        with leased(ledger, "flights", "training") as quick:
            with pytest.raises(LeaseLost, match="flights: the training was taken over by process"):
                still_held(ledger, slow)
            still_held(ledger, quick)


def test_the_lease_of_a_killed_process_is_free_at_once(ledger: Ledger, url: str) -> None:
    child = subprocess.Popen([sys.executable, "-c", HOLD, url], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    with pytest.raises(ModelBusy, match=f"process {child.pid} "):
        leased(ledger, "flights", "training").__enter__()
    child.kill()
    child.wait()
    child.stdout.close()

    with ledger.deciding():  # whoever writes keeps nobody from asking
        assert at_work(ledger, "flights") == {}
    with leased(ledger, "flights", "training") as lease:
        assert lease.fence == 2
        assert list(at_work(ledger, "flights")) == ["training"]


def test_a_lease_that_its_holder_did_not_give_back_is_told_from_one_that_he_did(ledger: Ledger, url: str) -> None:
    def given_back() -> Holding | None:
        with ledger.deciding() as page:
            return give_back(page, "flights", "training")

    with leased(ledger, "flights", "training"):
        assert given_back() is None
    assert given_back() is None

    with subprocess.Popen([sys.executable, "-c", HOLD, url], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        child.kill()
    found = given_back()
    assert found is not None
    assert found.holder.startswith(f"process {child.pid} on ")
    assert given_back() is None


def test_the_lease_of_another_machine_is_free_when_it_ran_out(ledger: Ledger) -> None:
    from sqlalchemy import text

    with ledger.deciding() as page:
        row = "INSERT INTO lease VALUES ('flights', 'training', 5, 'process 1 on elsewhere since 2013', :expires)"
        page.connection.execute(text(row), {"expires": "2999-01-01T00:00:00+00:00"})
    with pytest.raises(ModelBusy, match="by process 1 on elsewhere"):
        leased(ledger, "flights", "training").__enter__()
    with ledger.deciding() as page:
        page.connection.execute(text("UPDATE lease SET expires = '2013-01-01T00:00:00+00:00'"))
        found = holding(page, "flights", "training")
    assert found is not None
    assert found.free
