"""The places at which a process can die that make a difference, found by watching it and not by hand.

A boundary is the call or the return of one of our own functions that decide, write or move something, a statement of
any database that writes or begins to, a commit, and a file's move into its place. A process that dies after a read
leaves what one that dies before it leaves.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

_RELEASE = str(Path(__file__).resolve().parents[2] / "tasks" / "release")

_WRITES = ("INSERT", "UPDATE", "DELETE", "BEGIN", "CREATE", "DROP", "ALTER")


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
        sa.event.listen(sa.Engine, "commit", lambda _: self._pass("commit"))
        sys.addaudithook(self._audit)
        self._watching = True
        sys.setprofile(self._profile)
        try:
            yield
        finally:
            sys.setprofile(None)
            self._watching = False

    def _pass(self, name: str) -> None:
        self.names.append(name)
        if self._kill_at is not None and len(self.names) > self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def _profile(self, frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event in ("call", "return") and code.co_filename.startswith(_RELEASE) and not code.co_name.startswith("<"):
            self._pass(f"{event} {Path(code.co_filename).stem}.{code.co_name}")

    def _statement(self, _: object, __: object, statement: str, *___: object) -> None:
        if statement.lstrip().startswith(_WRITES):
            self._pass(f"before {' '.join(statement.split()[:3])}")

    def _executed(self, _: object, __: object, statement: str, *___: object) -> None:
        if statement.lstrip().startswith(_WRITES):
            self._pass(f"after {' '.join(statement.split()[:3])}")

    def _audit(self, event: str, _: object) -> None:
        if self._watching and event in ("os.rename", "subprocess.Popen"):
            self._pass(event)
