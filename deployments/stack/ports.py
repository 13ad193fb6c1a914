"""Ports of this machine: whether one is free, and who has it if not."""

import socket
from contextlib import suppress

import psutil

from tasks.errors import ServerError

HOST = "127.0.0.1"
PREFECT_PORT = 4200
MLFLOW_PORT = 5000


def free_port() -> int:
    """Return a port of loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_ours(host: str) -> bool:
    """Say whether ``host`` is an address of this machine."""
    with socket.socket() as probe:
        try:
            probe.bind((host, 0))
        except OSError:
            return False
    return True


def is_free(port: int, host: str = HOST) -> bool:
    """Say whether a server could listen on ``port`` of ``host``."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def check_free(port: int, host: str, part: str, option: str) -> None:
    """Raise when ``part`` cannot listen on ``port`` of ``host``.

    Raises:
        ServerError: it is taken; the message names the process that has it.
    """
    if not is_free(port, host):
        raise ServerError(
            f"port {port} of {host} is taken by {holder(port)}: {part} cannot listen there. Stop that, or choose "
            f"another port: perennial up {option} {port + 100}"
        )


def holder(port: int) -> str:
    """Return who listens on ``port``, as far as this user may know."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if any(c.laddr.port == port and c.status == psutil.CONN_LISTEN for c in process.net_connections("tcp")):
                return f"process {process.pid} ({' '.join(process.cmdline())[:120] or process.name()})"
    return "a process of another user"
