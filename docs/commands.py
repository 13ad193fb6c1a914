"""Writes docs/commands.md from the commands themselves: ``make docs``."""

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
    parts = [HEAD, _block(help_of(perennial)), *(_section(command) for command in perennial.commands.values())]
    Path(__file__).with_name("commands.md").write_text("\n".join(parts), encoding="utf-8")


def help_of(command: click.Command) -> str:
    """Return what ``--help`` prints."""
    context = perennial.make_context("perennial", [], resilient_parsing=True)
    if command is not perennial:
        context = command.make_context(str(command.name), [], parent=context, resilient_parsing=True)
    return "\n".join(line.rstrip() for line in command.get_help(context).splitlines())


def _section(command: click.Command) -> str:
    return f"## perennial {command.name}\n\n{_block(help_of(command))}"


def _block(text: str) -> str:
    return f"```\n{text}\n```\n"


if __name__ == "__main__":
    main()
