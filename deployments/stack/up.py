"""``perennial up`` and ``perennial down``."""

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from deployments import room
from deployments.stack import parts, ports, running
from deployments.stack.addresses import Addresses
from deployments.stack.running import Process, Running
from deployments.stack.scheduled import Api, prove
from deployments.stack.secrets import USER, Secrets, secrets_of
from deployments.stack.servers import deploy
from deployments.stack.supervisor import Say, Stopped, Supervisor
from tasks.errors import ServerError
from tasks.release.registry_tables import making_tables
from tasks.settings import Settings, load_settings
from tasks.spec import load_spec, names
from tasks.up import SECRETS_FILE, UP_FILE, is_up

LEAST_FREE = 200_000_000
"""Bytes: databases that cannot grow break in ways that nobody understands."""
DOWN_SECONDS = 120
_SHOWN = 5


def up(settings: Settings, where: Addresses, say: Say, *, auth: bool = False) -> None:
    """Run the stack until SIGTERM or ctrl-C; if it runs already, say so. With ``auth`` its servers ask for a password.

    Raises:
        SpecError: a spec cannot be read.
        SettingsError: a database server does not answer, or the servers may not listen where they are to.
        ServerError: a port is taken, the disk is full, or a part does not start.
    """
    if there := running.current(settings.home):
        say(f"it is up already: Prefect {there.prefect_api.removesuffix('/api')}, MLflow {there.mlflow}")
        say("perennial status shows how it stands, perennial down stops it")
        return
    where.check(auth=auth)
    for name in names(settings.specs):
        load_spec(name, settings.specs)  # a mistake in one is told before anything is started
    for database in (*settings.databases, settings.prefect_database):
        database.check()
    if settings.store:
        settings.store.check()
    _check_room(settings)
    with running.only_one(settings.home):
        _clear_away(settings, say)
        ports.check_free(where.prefect_port, where.host, "Prefect", "--prefect-port")
        ports.check_free(where.mlflow_port, where.host, "MLflow", "--mlflow-port")
        known = secrets_of(settings.home) if auth else None
        supervisor = Supervisor(settings, say, changed=partial(_write_down, settings, say, where, known))
        with _told(supervisor.ended):
            try:
                _start(supervisor, settings, where, known)
                _say_what_comes(supervisor, where, known)
                supervisor.watch()
            except Stopped:
                pass
            finally:
                say("stopping")
                for name in supervisor.stop():
                    say(f"{name} is stopped")
                running.forget(settings.home)


def down(settings: Settings, say: Say) -> None:
    """Stop the stack of this home, and wait until all of it has ended.

    Raises:
        ServerError: it did not end in time.
    """
    found = running.current(settings.home)
    if found is None:
        _clear_away(settings, say)
        say(f"nothing is up for {settings.home}")
        return
    os.kill(found.supervisor.pid, signal.SIGTERM)
    waited = threading.Event()
    for _ in range(DOWN_SECONDS * 5):
        if not is_up(settings.home):
            say("everything is stopped")
            return
        waited.wait(0.2)
    raise ServerError(
        f"process {found.supervisor.pid} has not stopped the stack in {DOWN_SECONDS} s; kill -9 it, and run "
        "perennial down again"
    )


def _start(supervisor: Supervisor, settings: Settings, where: Addresses, known: Secrets | None) -> None:
    say = supervisor.say
    say("starting Prefect and MLflow; the first time, their databases are made")
    with making_tables(settings):
        supervisor.start(parts.prefect_server(settings, where, known), parts.mlflow_pages(settings, where, known))
    say(f"Prefect  {where.prefect_pages}")
    say(f"MLflow   {where.mlflow_pages}")
    if known:
        say(f"both ask for a password: user {USER}, and the password in {settings.home / SECRETS_FILE}")
    if not where.is_local:
        say(
            f"warning: on {where.host} passwords come in unencrypted; put TLS before it: "
            "docs/operations.md#other-machines"
        )
    deploy(load_settings(), where.api)  # anew: they know the login, now that it is written down
    supervisor.start(parts.worker(settings, where.api, known, pages=where.prefect_pages))


def _say_what_comes(supervisor: Supervisor, where: Addresses, known: Secrets | None) -> None:
    say, due = supervisor.say, prove(Api(where.api, known.login if known else None), supervisor.ended)
    if due is None:
        say("nothing is scheduled: no spec has a [schedule]. Write one (docs/spec.md), and run perennial deploy")
    elif not due:
        say("warning: Prefect's scheduler has made no run of what is scheduled; is sqlalchemy below 2.1?")
    else:
        say("scheduled, first:")
        for run in due[:_SHOWN]:
            say(f"  {run.at:%Y-%m-%d %H:%M} UTC  {run.deployment}")
    say(f"Approve or reject: {where.prefect_pages}/deployments, promotion, Custom run; or perennial approve")
    say("perennial status shows how it stands; ctrl-C or perennial down stops all")


def _write_down(
    settings: Settings, say: Say, where: Addresses, known: Secrets | None, processes: Sequence[Process]
) -> None:
    mine = running.process("up", os.getpid())
    now = Running(where.api, where.mlflow, mine, tuple(processes), USER if known else "")
    try:
        running.write(settings.home, now)
    except OSError as error:  # a full disk must not stop what is up; the part that was started again is not named there
        say(f"{settings.home / UP_FILE} cannot be written: {error}")


def _clear_away(settings: Settings, say: Say) -> None:
    """Stop what a stack has left whose supervisor was killed."""
    if left := running.read(settings.home):
        for name in running.stop(left.parts[::-1]):
            say(f"{name} was left over from a stack that was killed; it is stopped")
        running.forget(settings.home)


def _check_room(settings: Settings) -> None:
    if (found := room.free(settings.home)) < LEAST_FREE:
        raise ServerError(
            f"{settings.home}: {found / 1e6:.0f} MB are free on its disk, and the databases need at least "
            f"{LEAST_FREE / 1e6:.0f} MB; make room (perennial prune shows what can go), or set PERENNIAL_HOME"
        )


@contextmanager
def _told(ended: threading.Event) -> Iterator[None]:
    """Have SIGTERM and ctrl-C set ``ended``, the second time as the first.

    Handlers of our own, also because a process that ignores ctrl-C, as one in the background of a script does, hands
    that on to its children, and a worker of Prefect's that ignores it ignores SIGTERM, too.
    """
    before = {sign: signal.signal(sign, lambda *_: ended.set()) for sign in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)
