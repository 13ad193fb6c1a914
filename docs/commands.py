"""Writes docs/commands.md from the commands themselves: ``make docs``."""

from collections.abc import Iterator
from pathlib import Path

import click

from deployments.cli import main as perennial

HEAD = """# Commands

Exit code: 0 done, 1 refused, 2 bad input, 70 a fault of Perennial's own. What a command answers goes to standard
output, `--json` makes one document of it; progress and complaints go to standard error.

Written by `make docs`; a test compares it with the program.
"""


def main() -> None:
    """Write the page."""
    parts = [HEAD, _block(help_of(perennial)), *(_section(command) for command in every_command())]
    Path(__file__).with_name("commands.md").write_text("\n".join(parts), encoding="utf-8")


def every_command() -> Iterator[click.Command]:
    """Yield every command, and after a group those that are in it."""
    for command in perennial.commands.values():
        yield command
        if isinstance(command, click.Group):
            yield from command.commands.values()


def path_of(command: click.Command) -> str:
    """Return how a command is typed, after ``perennial``."""
    for group in perennial.commands.values():
        if isinstance(group, click.Group) and command in group.commands.values():
            return f"{group.name} {command.name}"
    return str(command.name)


def help_of(command: click.Command) -> str:
    """Return what ``--help`` prints."""
    context = perennial.make_context("perennial", [], resilient_parsing=True)
    if command is not perennial:
        context = command.make_context(path_of(command), [], parent=context, resilient_parsing=True)
    return "\n".join(line.rstrip() for line in command.get_help(context).splitlines())


def _section(command: click.Command) -> str:
    return f"## perennial {path_of(command)}\n\n{_block(help_of(command))}"


def _block(text: str) -> str:
    return f"```\n{text}\n```\n"


if __name__ == "__main__":
    main()
