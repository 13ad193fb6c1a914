"""The nginx example before a stack that asks who is there: what goes through, and what does not."""

import http.client
import os
import shutil
import socket
import ssl
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from deployments.stack import running
from deployments.stack.ports import free_port
from deployments.stack.secrets import secrets_of
from tasks.settings import Settings
from tests.deployments.stacks import eventually, stack_of

pytestmark = [pytest.mark.proxy, pytest.mark.timeout(400)]
ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "deployments" / "nginx" / "perennial.conf"
PREFECT, MLFLOW = "prefect.example.com", "mlflow.example.com"
INTO = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/perennial.conf;
}}
"""
AN_EVENT_GOES_AND_COMES = """
import asyncio
from prefect.events import emit_event
from prefect.events.clients import get_events_client, get_events_subscriber
from prefect.events.filters import EventFilter, EventNameFilter, EventOccurredFilter
from prefect.events.schemas.events import Event

async def main():
    wanted = EventFilter(event=EventNameFilter(name=["proxy.tried"]))
    async with get_events_subscriber(filter=wanted) as coming, get_events_client() as going:
        await going.emit(Event(event="proxy.tried", resource={"prefect.resource.id": "proxy"}))
        async for event in coming:
            print("came:", event.event)
            return

asyncio.run(asyncio.wait_for(main(), 60))
"""


@dataclass(frozen=True)
class Proxy:
    """nginx, on ports of its own."""

    tls: int
    clear: int
    certificate: Path
    login: str
    mlflow: str
    """Host and port of MLflow itself."""

    def ask(self, name: str, path: str, *, login: str = "") -> http.client.HTTPResponse:
        """Return the answer of ``name`` by TLS; the connection is closed, and what it says has been read."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        connection = http.client.HTTPSConnection("127.0.0.1", self.tls, context=context, timeout=60)
        raw = socket.create_connection(("127.0.0.1", self.tls), timeout=60)
        connection.sock = context.wrap_socket(raw, server_hostname=name)
        return _answer(connection, path, {"Host": f"{name}:{self.tls}", **_proof(login)})

    def ask_in_the_clear(self, name: str, path: str) -> http.client.HTTPResponse:
        return _answer(http.client.HTTPConnection("127.0.0.1", self.clear, timeout=60), path, {"Host": name})


def _proof(login: str) -> Mapping[str, str]:
    return {"Authorization": f"Basic {b64encode(login.encode()).decode()}"} if login else {}


def _answer(connection: http.client.HTTPConnection, path: str, headers: Mapping[str, str]) -> http.client.HTTPResponse:
    try:
        connection.request("GET", path, headers=dict(headers))
        found = connection.getresponse()
        found.body = found.read().decode(errors="replace")  # type: ignore[attr-defined]
    finally:
        connection.close()
    return found


def nginx() -> str:
    """Return the program that `make test-proxy` fetches, or the one that is installed."""
    fetched = ROOT / ".venv" / "nginx" / "usr" / "sbin" / "nginx"
    found = str(fetched) if fetched.exists() else shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        pytest.fail("nginx is not there; `make test-proxy` fetches it")
    return found


def make_certificate(folder: Path) -> Path:
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={PREFECT}"]
    names = ["-addext", f"subjectAltName=DNS:{PREFECT},DNS:{MLFLOW}"]
    files = ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    subprocess.run([*words, *names, *files], check=True, capture_output=True)
    return folder / "fullchain.pem"


@pytest.fixture
def proxy(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """nginx with the example as it stands but for ports and the folder of the certificate, and the stack behind it."""
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    tls, clear = free_port(), free_port()
    proxies = ("--prefect-url", f"https://{PREFECT}:{tls}", "--mlflow-url", f"https://{MLFLOW}:{tls}")
    with stack_of(settings, "--auth", *proxies):
        up = running.current(settings.home)
        assert up
        example = EXAMPLE.read_text()
        for what, instead in {
            "listen 443 ssl": f"listen 127.0.0.1:{tls} ssl",
            "listen 80;": f"listen 127.0.0.1:{clear};",
            "http://127.0.0.1:4200;": f"{up.prefect_api.removesuffix('/api')};",
            "http://127.0.0.1:5000;": f"{up.mlflow};",
            "/etc/ssl/perennial/": f"{tmp_path}/",
        }.items():
            assert what in example
            example = example.replace(what, instead)
        (tmp_path / "perennial.conf").write_text(example)
        (tmp_path / "nginx.conf").write_text(INTO.format(folder=tmp_path))
        certificate = make_certificate(tmp_path)
        server = subprocess.Popen([nginx(), "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path)])
        try:
            eventually(lambda: _listens(server.pid, tls), 20)
            yield Proxy(tls, clear, certificate, secrets_of(settings.home).login, up.mlflow.removeprefix("http://"))
        finally:
            server.terminate()
            server.wait(20)


def _listens(pid: int, port: int) -> bool:
    found = psutil.Process(pid).net_connections("tcp")
    return any(c.status == psutil.CONN_LISTEN and c.laddr and c.laddr.port == port for c in found)


def test_pages_api_and_events_go_through_tls_and_nothing_goes_in_the_clear(proxy: Proxy) -> None:
    for name, path in (
        (PREFECT, "/api/admin/version"),
        (PREFECT, "/api/flows/filter"),
        (MLFLOW, "/"),
        (MLFLOW, "/version"),
    ):
        assert proxy.ask(name, path).status == 401, (name, path)
        assert proxy.ask(name, path, login="perennial:guessed").status == 401, (name, path)
    assert proxy.ask(PREFECT, "/api/admin/version", login=proxy.login).status == 200
    assert proxy.ask(PREFECT, "/api/health").status == 200

    page = proxy.ask(PREFECT, "/", login=proxy.login)
    assert (page.status, "Strict-Transport-Security" in page.headers) == (200, True)
    told = proxy.ask(PREFECT, "/ui-settings", login=proxy.login).body  # type: ignore[attr-defined]
    assert f"https://{PREFECT}:{proxy.tls}/api" in told
    assert "127.0.0.1" not in told

    mlflow = proxy.ask(MLFLOW, "/", login=proxy.login)
    assert (mlflow.status, "<html" in mlflow.body.lower()) == (200, True)  # type: ignore[attr-defined]
    found = proxy.ask(MLFLOW, "/api/2.0/mlflow/users/get?username=perennial", login=proxy.login)
    assert (found.status, '"is_admin":true' in found.body.replace(" ", "")) == (200, True)  # type: ignore[attr-defined]
    directly = http.client.HTTPConnection(proxy.mlflow, timeout=60)
    stranger = _answer(directly, "/", {"Host": "elsewhere.example.com", **_proof(proxy.login)})
    assert (stranger.status, "Invalid Host header" in stranger.body) == (403, True)  # type: ignore[attr-defined]

    for name in (PREFECT, MLFLOW):
        sent_on = proxy.ask_in_the_clear(name, "/api/admin/version")
        assert (sent_on.status, sent_on.headers["Location"]) == (301, f"https://{name}/api/admin/version")


def test_events_go_both_ways_through_the_proxy_by_websocket(proxy: Proxy, tmp_path: Path) -> None:
    def say(login: str) -> "subprocess.CompletedProcess[str]":
        resolved = f"import socket; real = socket.getaddrinfo\nsocket.getaddrinfo = lambda host, *a, **k: real('127.0.0.1' if host in ({PREFECT!r}, {PREFECT.encode()!r}) else host, *a, **k)\n"
        variables = {
            "PREFECT_HOME": str(tmp_path / "elsewhere"),
            "PREFECT_API_URL": f"https://{PREFECT}:{proxy.tls}/api",
            "PREFECT_API_AUTH_STRING": login,
            "PREFECT_API_SSL_CERT_FILE": str(proxy.certificate),
            "SSL_CERT_FILE": str(proxy.certificate),
        }
        command, environment = [sys.executable, "-c", resolved + AN_EVENT_GOES_AND_COMES], {**os.environ, **variables}
        return subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=120)

    assert "came: proxy.tried" in (done := say(proxy.login)).stdout, done.stderr
    refused = say("perennial:guessed")
    assert refused.returncode != 0
    assert "came:" not in refused.stdout
