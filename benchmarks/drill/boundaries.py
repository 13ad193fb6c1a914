"""The places at which a process can die that make a difference, found by watching it and not by hand.

A boundary is an effect, before it and after it: a statement of any database that writes or begins to, a commit, a file
that is opened to be written or moved into its place, and the start of a process. A process that dies between two
effects leaves what one leaves that dies right after the first.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_WRITES = ("INSERT", "UPDATE", "DELETE", "BEGIN", "CREATE", "DROP", "ALTER")
_TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Boundaries:
    """Counts the boundaries that this process passes, and kills it at one of them."""

    def __init__(self, kill_at: int | None = None) -> None:
        self.names: list[str] = []
        self._kill_at = kill_at
        self._watching = False

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Count what the block passes."""
        import sqlalchemy as sa

        sa.event.listen(sa.Engine, "before_cursor_execute", self._statement)
        sa.event.listen(sa.Engine, "after_cursor_execute", self._executed)
        sa.event.listen(sa.Engine, "commit", lambda _: self._pass("before a commit"))
        sys.addaudithook(self._audit)
        self._watching = True
        self._pass("the start")
        try:
            yield
            self._pass("the end")
        finally:
            self._watching = False

    def _pass(self, name: str) -> None:
        self.names.append(name)
        if self._kill_at is not None and len(self.names) > self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def _statement(self, _: object, __: object, statement: str, *___: object) -> None:
        if statement.lstrip().startswith(_WRITES):
            self._pass(f"before {_short(statement)}")

    def _executed(self, _: object, __: object, statement: str, *___: object) -> None:
        if statement.lstrip().startswith(_WRITES):
            self._pass(f"after {_short(statement)}")

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._watching:
            return
        if event == "os.rename":
            self._pass(f"before {Path(os.fsdecode(arguments[1])).name} is moved into its place")
        elif event == "subprocess.Popen":
            self._pass("before a process is started")
        elif event == "open" and isinstance(arguments[0], str) and _is_written(*arguments):
            self._pass(f"before {Path(arguments[0]).name} is written")


def _is_written(path: str, _: object, flags: int) -> bool:
    return bool(flags & _TO_WRITE) and not path.startswith(("/dev", "/proc"))


def _short(statement: str) -> str:
    return " ".join(statement.split("(")[0].split()[:3])
