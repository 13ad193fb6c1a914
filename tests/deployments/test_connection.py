"""What a Prefect server that cannot do what a deploy asks leads to: a line, and no traceback."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from deployments.register.connection import connected
from tasks.errors import ServerError
from tasks.settings import Settings


class Locked(BaseHTTPRequestHandler):
    """Is well, and can do nothing, as Prefect's server answers while its database is locked."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path.endswith("/health") else 503)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def locked() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Locked) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/api"
        server.shutdown()
        thread.join()


def test_a_server_whose_database_stays_locked_is_a_line(
    settings: Settings, locked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_CLIENT_MAX_RETRIES", "0")
    with (
        pytest.raises(
            ServerError, match=f"{locked} is too busy: its database was locked .* the same command does the rest"
        ),
        connected(replace(settings, prefect_api_url=locked)) as client,
    ):
        client.read_deployment_by_name("training/returns")
