"""What people are told, through a real Prefect server, received by a webhook of the test's own."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
from apprise.plugins.slack import NotifySlack
from prefect.automations import SendNotification
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.blocks.system import Secret
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import State
from prefect.server.utilities.user_templates import render_user_template_sync
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Completed, Crashed, Failed, Running

from deployments.register.notifications import Channel, automations, channels
from deployments.register.notifications_server import bring_about, wanted
from flows.drift_detection import run_check
from flows.training import run_training
from tasks import announcement
from tasks.errors import SpecError
from tasks.news.feed import Kept, feed
from tasks.news.news import as_text
from tasks.release.ledger.entries import Entry, What
from tasks.release.ledger.version_records import Evidence, Judged, Places, Proposed, RolledBack
from tasks.spec import ModelSpec, NotifySpec

pytestmark = pytest.mark.server
PAGE, TICKET = "custom-webhook/perennial-page", "custom-webhook/perennial-ticket"
NOTIFY = f'[notify]\npage = "{PAGE}"\nticket = "{TICKET}"\n\n[gate]'
TOKENS = ("T1JJ3T3L2", "A1BRTD4JD", "TIiajkdnlazkcOXrIdevi7FQ")
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
EVIDENCE = Evidence("rows", "artifact", "verdict", "report", "spec")
KNOWN = "what only the block knows"
EVIL = "<script>alert(1)</script> {{ 7*7 }} {{token}} <!channel>"
Told = dict[str, str]
Edit = Callable[[str, str, str], None]
Fail = Callable[[str, str, State], None]


class Receiver(HTTPServer):
    """Keeps what is posted to it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Keeping)
        self.posted: list[dict[str, Any]] = []

    @property
    def told(self) -> list[Told]:
        return list(self.posted)

    def wait_for(self, *subjects: str) -> None:
        until = time.monotonic() + 30
        while not {found["subject"] for found in self.told}.issuperset(subjects):
            assert time.monotonic() < until, f"{subjects} did not come; these did: {self.told}"
            time.sleep(0.1)

    def of(self, subject: str) -> Told:
        (found,) = (found for found in self.told if found["subject"] == subject)
        return found


class _Keeping(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert isinstance(self.server, Receiver)
        self.server.posted.append({"path": self.path, **body})
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")  # as Slack says it

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(prefect_api: str) -> Iterator[SyncPrefectClient]:
    """A client of the tests' server, from which what was made here is taken away again."""
    with temporary_settings({PREFECT_API_URL: prefect_api}), get_client(sync_client=True) as client:
        yield client
        list(bring_about(client, (), dry_run=False))
        for block in client.read_block_documents():
            if block.name and block.name.startswith("perennial-"):
                client.delete_block_document(block.id)


@pytest.fixture
def blocks(client: SyncPrefectClient, receiver: Receiver) -> None:  # noqa: ARG001 - it cleans up
    """One webhook for pages and one for tickets; each sends a secret beside the text."""
    for name in ("perennial-page", "perennial-ticket"):
        made = CustomWebhookNotificationBlock(
            name=name,
            url=f"http://127.0.0.1:{receiver.server_port}/{name}",
            json_data={"subject": "{{subject}}", "body": "{{body}}\n{{subject}}", "secret": "{{token}}"},
            secrets={"token": KNOWN},
        )
        made.save(name)


@pytest.fixture
def told_spec(spec: ModelSpec) -> ModelSpec:
    """The small project's spec, with both blocks."""
    return spec.model_copy(update={"notify": NotifySpec(page=PAGE, ticket=TICKET)})


@pytest.fixture
def telling(client: SyncPrefectClient, blocks: None, told_spec: ModelSpec) -> ModelSpec:  # noqa: ARG001
    list(bring_about(client, wanted(client, [told_spec]), dry_run=False))
    return told_spec


def entry(number: int, what: What) -> Entry:
    return Entry(number, "returns", datetime.now(UTC), what, "", "")


PROPOSED = Proposed(3, EVIL, EVIDENCE, 2, Places("rows", "artifact", "files"), None, approvals=1)
REFUSED = Judged("run", NOON, "drift", "worse", False, "worse by 0.03", None, EVIDENCE)
ROLLED_BACK = RolledBack(1, 2, 3, "artifact", "uri", "ada", EVIL)
IN_THE_LEDGER: tuple[What, ...] = (PROPOSED, REFUSED, ROLLED_BACK)
WHOLE, BROKEN = Kept(NOON, {}), Kept(NOON + timedelta(hours=1), {"<script>": EVIL})
STILL = replace(BROKEN, as_of=NOON + timedelta(hours=2))
MENDED = Kept(NOON + timedelta(hours=3), {})


def test_each_kind_of_news_comes_once_where_it_belongs_and_as_text(telling: ModelSpec, receiver: Receiver) -> None:
    for _ in range(3):
        for number, what in enumerate(IN_THE_LEDGER):
            announcement.tell_of(telling, entry(number, what))
        for checks in ([WHOLE, BROKEN], [WHOLE, BROKEN, STILL], [BROKEN, STILL, MENDED]):
            for news in feed("returns", checks):
                announcement.tell(telling, news)

    expected: dict[str, tuple[str, str]] = {
        "returns: version 3 awaits a person": ("/perennial-ticket", "perennial approve returns 3"),
        "returns: a challenger was refused": ("/perennial-ticket", "perennial history returns"),
        "returns: rolled back to version 1": ("/perennial-page", "perennial rollback returns --to 2"),
        "returns: fix the data: ‹script›": ("/perennial-page", "perennial watch returns"),
        "returns: the data is whole again: ‹script›": ("/perennial-page", "perennial watch returns"),
    }
    receiver.wait_for(*expected)
    time.sleep(2)  # in which others could come
    assert sorted(found["subject"] for found in receiver.told) == sorted(expected)
    for subject, (path, command) in expected.items():
        found = receiver.of(subject)
        assert found["path"] == path
        assert command in found["body"]
        assert found["secret"] == KNOWN
        assert not any(mark in found["subject"] + found["body"] for mark in ("<", ">", "{{", KNOWN))
    assert "{{ 7*7 }} {{token}}" in receiver.of("returns: rolled back to version 1")["body"].replace("\u2060", "")


@pytest.fixture
def fail(client: SyncPrefectClient) -> Iterator[Fail]:
    """Have a run of a deployment of ours come to its end: ``fail("scoring/returns", "score-returns", Failed())``."""
    made: set[UUID] = set()

    def failed(path: str, name: str, state: State) -> None:
        flow, of = path.split("/")
        deployment = client.create_deployment(client.create_flow_from_name(flow), of, tags=["perennial"])
        made.add(deployment)
        run = client.create_flow_run_from_deployment(deployment)
        client.update_flow_run(run.id, name=name)
        client.set_flow_run_state(run.id, Running(), force=True)
        client.set_flow_run_state(run.id, state, force=True)

    yield failed
    for deployment in made:
        client.delete_deployment(deployment)


def test_a_run_of_ours_that_fails_is_told_once_and_others_are_not(
    fail: Fail, telling: ModelSpec, receiver: Receiver
) -> None:
    assert telling.model == "returns"
    fail("scoring/returns", "score-returns", Failed(message=EVIL))
    fail("scoring/returns", "score-returns", Failed(message="again"))
    fail("scoring/returns", "score-returns", Completed(name="Refused"))
    fail("training/training", "train-returns-drift", Crashed(message="the worker is gone"))
    fail("training/training", "train-others-drift", Failed(message="this spec tells nobody"))
    fail("scoring/others", "score-others", Failed(message="this spec tells nobody"))

    failed = "scoring/returns: score-returns has failed"
    crashed = "training/training: train-returns-drift has crashed"
    receiver.wait_for(failed, crashed)
    time.sleep(2)
    assert sorted(found["subject"] for found in receiver.told) == [failed, crashed]
    body = receiver.of(failed)["body"]
    assert body.replace("\u2060", "").startswith("‹script›alert(1)‹/script› {{ 7*7 }} {{token}} ‹!channel›\n")
    assert "prefect flow-run logs " in body
    assert receiver.of(crashed)["path"] == "/perennial-page"
    assert receiver.of(crashed)["body"].startswith("the worker is gone\n")
    assert "begun again by itself" in receiver.of(crashed)["body"]
    assert "begun again" not in body


def test_what_is_as_wanted_is_not_written_and_what_nobody_wants_is_deleted(
    client: SyncPrefectClient, telling: ModelSpec
) -> None:
    automations = wanted(client, [telling])
    assert list(bring_about(client, automations, dry_run=False)) == []

    fewer = telling.model_copy(update={"notify": NotifySpec(ticket=TICKET)})
    gone = [(one.name, "deleted, no spec asks for it") for one in automations if PAGE in one.name]
    assert list(bring_about(client, wanted(client, [fewer]), dry_run=True)) == gone
    assert sorted(bring_about(client, wanted(client, [fewer]), dry_run=False)) == sorted(gone)
    assert len(gone) == 3


def test_a_block_that_is_not_there_or_tells_nobody_is_refused_with_the_command(
    client: SyncPrefectClient, told_spec: ModelSpec
) -> None:
    command = r"allowed: a block that the Prefect server has; .* `prefect block create custom-webhook` shows"
    with pytest.raises(SpecError, match=rf"deployments/returns.toml: notify.page: found '{PAGE}'; {command}"):
        wanted(client, [told_spec])
    Secret(value="x").save("perennial-secret")
    notify = NotifySpec(page="secret/perennial-secret")
    with pytest.raises(SpecError, match="a block that can notify"):
        wanted(client, [told_spec.model_copy(update={"notify": notify})])


def test_models_that_share_a_block_share_its_automations(told_spec: ModelSpec) -> None:
    other = told_spec.model_copy(update={"model": "others"})

    page, ticket = channels([told_spec, other])

    assert page.block == PAGE
    assert page.keys == ("deployments/returns.toml: notify.page", "deployments/others.toml: notify.page")
    assert page.pages == ("returns", "others")
    assert (ticket.block, ticket.pages) == (TICKET, ())


@pytest.mark.drill
@pytest.mark.usefixtures("telling")
def test_a_feed_that_breaks_is_told_by_the_check_that_finds_it_and_by_no_other(
    edit: Edit, project: Path, orders: pa.Table, receiver: Receiver
) -> None:
    edit("deployments/returns.toml", "[gate]", f'[promotion]\napproval = "automatic"\n\n{NOTIFY}')
    assert run_training("returns", "manual", datetime(2024, 2, 10, tzinfo=UTC)).version
    whole, since = (project / "orders.csv").read_bytes(), datetime(2024, 2, 17, tzinfo=UTC)
    times = orders["ordered_at"].cast(pa.int64()).to_numpy()
    cents = pa.array(orders["price"].to_numpy() * np.where(times >= since.timestamp() * 1e6, 100, 1))
    pyarrow.csv.write_csv(orders.set_column(3, "price", cents), project / "orders.csv")

    for day in (24, 25):
        assert run_check("returns", datetime(2024, 2, day, tzinfo=UTC)).diagnosis.action == "fix_the_data"
    (project / "orders.csv").write_bytes(whole)
    for day in (26, 27):
        assert run_check("returns", datetime(2024, 2, day, tzinfo=UTC)).diagnosis.action != "fix_the_data"

    broken, mended = "returns: fix the data: price", "returns: the data is whole again: price"
    receiver.wait_for(broken, mended)
    time.sleep(2)
    assert sorted(found["subject"] for found in receiver.told) == [broken, mended]
    assert "price" in receiver.of(broken)["body"]


def test_a_mail_keeps_its_lines() -> None:
    (news,) = automations(Channel("sendgrid-email/ops", (), ()), uuid4())
    assert isinstance(news.actions[0], SendNotification)

    event = {"payload": {"body": "fix <price>\nlook again"}}
    assert render_user_template_sync(news.actions[0].body, {"event": event}) == "fix <price><br>\nlook again"


@pytest.mark.parametrize("found", ["<!channel>", "<@U123>", "<https://evil.example|the report>", "&lt;!here&gt;"])
def test_in_slack_a_mention_or_a_link_that_stands_in_the_data_is_text(found: str, receiver: Receiver) -> None:
    slack = NotifySlack(**dict(zip(("token_a", "token_b", "token_c"), TOKENS, strict=True)))
    slack.webhook_url = f"http://127.0.0.1:{receiver.server_port}"

    assert slack.notify(body=as_text(found), title="returns")

    (attachment,) = receiver.posted[0]["attachments"]
    assert not re.search("<[!@h]", attachment["text"])
