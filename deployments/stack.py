"""The servers of one machine: Prefect's, and MLflow's pages. On loopback, and quiet."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tasks.errors import ServerError
from tasks.release.lock import one_at_a_time
from tasks.settings import Settings, child_environment, load_settings

HOST = "127.0.0.1"
PREFECT_PORT = 4200
MLFLOW_PORT = 5000
START_SECONDS = 90
STOP_SECONDS = 30


@contextmanager
def prefect_server(settings: Settings, port: int | None = None) -> Iterator[str]:
    """Run a Prefect server for the length of a ``with`` block and give the URL of its API.

    Raises:
        ServerError: it did not answer in time; the message has the end of its log.
    """
    port = port or free_port()
    # Not `prefect server start --background`: that says "running" and exits 0 even when the server dies at once.
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", HOST, "--port", str(port)]
    url = f"http://{HOST}:{port}"
    # Its pages look for the API on port 4200 unless they are told.
    with _process("prefect-server", command, settings, PREFECT_SERVER_UI_API_URL=f"{url}/api") as (process, log):
        _wait_until_healthy(f"{url}/api/health", process, log)
        yield f"{url}/api"


@contextmanager
def mlflow_server(settings: Settings, port: int | None = None) -> Iterator[str]:
    """Run MLflow's pages for the length of a ``with`` block and give their URL."""
    port = port or free_port()
    command = [
        sys.executable,
        "-m",
        "mlflow",
        "server",
        "--host",
        HOST,
        "--port",
        str(port),
        "--workers",
        "1",
    ]
    command += ["--backend-store-uri", settings.tracking_uri]
    with ExitStack() as stack:
        with one_at_a_time(settings.home / "mlflow.lock"):  # on a new home it makes the tables
            process, log = stack.enter_context(_process("mlflow", command, settings))
            url = f"http://{HOST}:{port}"
            _wait_until_healthy(f"{url}/health", process, log)
        yield url


@contextmanager
def deployments_served(settings: Settings, api: str) -> Iterator[None]:
    """Serve our deployments on the server at ``api`` for the length of a ``with`` block."""
    command = [sys.executable, "-m", "deployments.serving"]
    with _process("deployments", command, settings, PREFECT_API_URL=api) as (process, log):
        # It is the last to be made: by then there are the training's deployment and its automation.
        _wait_until_healthy(f"{api}/deployments/name/promotion/promotion", process, log)
        yield


def free_port() -> int:
    """Return a port of loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Say whether a server could listen on ``port`` of loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


@contextmanager
def _process(
    name: str, command: list[str], settings: Settings, **variables: str
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Run ``command`` with its output in a log of the home folder; stop it, and its children, at the end."""
    log = settings.home / "logs" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - the command is ours
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=child_environment(settings, **variables),
            start_new_session=True,  # a group of its own, so that its children can be stopped with it
        )
    try:
        yield process, log
    finally:
        _stop(process)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
        except ProcessLookupError:
            break
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            continue


def _wait_until_healthy(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerError(f"{log.stem} ended at its start with exit code {process.returncode}; {_end_of(log)}")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - loopback, http
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise ServerError(f"{log.stem} does not answer at {url} after {START_SECONDS} s; {_end_of(log)}")


def _end_of(log: Path) -> str:
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return f"its log {log} ends: {lines[-1].strip() if lines else 'empty'}"


def main() -> None:
    """Serve both, and our deployments, until ctrl-C: the form for approvals, and the training that a request runs."""
    settings = load_settings()
    with ExitStack() as stack:
        for name, server, port in (
            ("Prefect", prefect_server, PREFECT_PORT),
            ("MLflow", mlflow_server, MLFLOW_PORT),
        ):
            if not is_free(port):
                sys.exit(f"perennial: port {port} of {HOST} is taken; {name} cannot listen there")
            address = stack.enter_context(server(settings, port)).removesuffix("/api")
            print(f"{name}: {address}", flush=True)
        stack.enter_context(deployments_served(settings, f"http://{HOST}:{PREFECT_PORT}/api"))
        print(f"Approve or reject: http://{HOST}:{PREFECT_PORT}/deployments, promotion, Custom run", flush=True)
        print("What a check asks for is trained here, by itself", flush=True)
        print("ctrl-C stops all", flush=True)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("stopping")


if __name__ == "__main__":
    main()
