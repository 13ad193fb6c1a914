"""What every command has in common: its exit codes, its options, and how a mistake is told."""

import atexit
import json
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial, wraps
from typing import Any, ParamSpec

import click

from tasks.errors import PerennialError

P = ParamSpec("P")

REFUSED = 1
BAD_INPUT = 2
OWN_FAULT = 70
INTERRUPTED = 130


SHAPE = {"help_option_names": ["-h", "--help"], "terminal_width": 100}


@click.group(context_settings=SHAPE)
@click.version_option(package_name="perennial")
def main() -> None:
    """Keep models alive: retrain, judge each challenger against the champion, promote what is shown no worse.

    \b
    A model is one file, deployments/<model>.toml, and its contract, data_contracts/<model>.py.
    What is written goes to .perennial/ in the project, or where PERENNIAL_HOME says.

    \b
    Exit code: 0 done, 1 refused, 2 bad input, 70 a fault of Perennial's own.
    """


def command(function: Callable[P, int | None], group: click.Group = main) -> click.Command:
    """Make a command of ``function``, one of ``group``: a user's mistake is one line and exit code 2."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        end = _End()
        atexit.register(end)  # before any library is imported, so that it comes after what they have registered
        end.code = _exit_code(partial(function, *args, **kwargs))
        sys.exit(end.code)

    return group.command(name=function.__name__, context_settings=SHAPE)(run)


class _End:
    """Ends the process at once, when all else has been told that it ends.

    Python would go on to take a gigabyte of libraries apart, for a second or more, while a person waits.
    """

    code = 0

    def __call__(self) -> None:
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(self.code)


def _exit_code(function: Callable[[], int | None]) -> int:
    """Run ``function`` and return the exit code, having said in a line what was wrong."""
    from tasks.environment import prepare_environment
    from tasks.settings import load_settings

    try:
        prepare_environment(load_settings(), quiet_console=True)
        return function() or 0
    except PerennialError as error:
        for line in str(error).splitlines():
            click.echo(f"perennial: {line}", err=True)
        _is_full()
        return BAD_INPUT
    except KeyboardInterrupt:
        click.echo("perennial: stopped; nothing half-written will be read", err=True)
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - a fault of ours must not look like a refusal, which is exit code 1
        if _is_full():
            click.echo(f"perennial: it said {type(error).__name__}: {str(error).partition(chr(10))[0]}", err=True)
            return BAD_INPUT
        traceback.print_exc()
        click.echo("perennial: this is a fault of Perennial's, not yours; please report the lines above", err=True)
        return OWN_FAULT


def _is_full() -> bool:
    """Say so if the disk of the home folder is full: whatever failed, failed for that."""
    from deployments.room import full
    from tasks.settings import load_settings

    try:
        line = full(load_settings().home)
    except (PerennialError, OSError):
        return False
    if line:
        click.echo(f"perennial: {line}", err=True)
    return line is not None


as_of_option = click.option("--as-of", metavar="TIME", help="What was known then, such as 2013-06-01. Default: now.")
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document, for machines.")
model_argument = click.argument("model")
version_argument = click.argument("version", type=click.IntRange(min=1))


def tell(answer: Any, as_json: bool) -> None:  # noqa: ANN401 - answers.Answer, which is imported late
    click.echo(json.dumps(answer.facts, indent=1, default=str) if as_json else "\n".join(answer.lines))
