"""Python files of the user's that a model carries with it: read as text, checked, and run from that text."""

import ast
import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock
from types import ModuleType

PROJECT = ("", "data_contracts", "tasks", "flows", "deployments")
"""What such a file may not import: a model carries that one file. "" stands for a relative import."""
_RUNNING = Lock()
"""Candidates are fitted side by side, and none may meet a module that is only half run."""


@dataclass(frozen=True)
class Source:
    """A file as it was read: a later edit cannot change what a model computes."""

    file: str
    text: str

    @property
    def version(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def imported(source: Source) -> Iterator[str]:
    """Yield the modules that a file imports, wherever it does; none of one that is not Python: running it tells."""
    try:
        tree = ast.parse(source.text)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield node.module if node.module and not node.level else "." * node.level


def run(source: Source, kind: str) -> ModuleType:
    """Return the module that ``source`` is; the same text is run once. Raises whatever it raises."""
    # pandera and dataclasses resolve a class's annotations through sys.modules, so the module has to stand there.
    name = f"perennial_{kind}_{source.version[:16]}"
    with _RUNNING:
        if name in sys.modules:
            return sys.modules[name]
        module = ModuleType(name)
        module.__file__ = source.file
        sys.modules[name] = module
        try:
            exec(compile(source.text, source.file, "exec"), module.__dict__)  # noqa: S102 - it is the user's own code
        except BaseException:
            del sys.modules[name]
            raise
    return module
