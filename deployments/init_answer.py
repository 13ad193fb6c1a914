"""What ``perennial init`` answers: a draft, written down, and what to do next."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import click

from deployments.answers import Answer, fact, short
from tasks.data.window import read_time, write_time
from tasks.drafting.draft import Draft, draft
from tasks.drafting.questions import Question, take_defaults
from tasks.drafting.report import write_report
from tasks.drafting.saving import Files, files_of, save
from tasks.drafting.wishes import Wishes
from tasks.judgement.comparison import Comparison
from tasks.markdown import one_line
from tasks.settings import load_settings

_SHOWN = 12
"""Findings of one topic: of three hundred constant columns nobody reads each."""


def init(wishes: Wishes, as_of: str | None, *, quietly: bool) -> Answer:
    """Draft spec and contract, write them with a report, and return what was found."""
    settings = load_settings(founding=True)
    files = files_of(wishes.model, settings)
    now = read_time(as_of) if as_of else datetime.now(UTC)
    ask = take_defaults if quietly or not (sys.stdin.isatty() and sys.stderr.isatty()) else _ask
    found = draft(wishes, settings, now, ask)
    commands = next_commands(found)
    save(files, found.spec, found.contract, write_report(found, commands, now))
    return Answer(_facts(found, files, commands), tuple(_lines(found, files, commands)))


def next_commands(found: Draft) -> list[str]:
    """Return the commands that lead from a draft to a champion, rows that it scored, and a first check."""
    model, line = found.plan.model, found.plan.timeline
    at = "" if line.live else f" --as-of {write_time(line.as_of).replace(' ', 'T')}"
    since = f" --from {write_time(line.as_of - line.holdout).replace(' ', 'T')}"
    return [
        f"perennial train {model}{at}",
        f"perennial approve {model} 1",
        f"perennial score {model}{since}{at}",
        f"perennial watch {model}{at}",
    ]


def _ask(question: Question) -> str:
    """Ask a person; the default is taken by a bare return."""
    click.echo(f"{one_line(question.sentence)} (default: {question.reason})", err=True)
    answer: str = click.prompt(
        question.about, type=click.Choice(question.options), default=question.default, show_choices=True, err=True
    )
    return answer


def _facts(found: Draft, files: Files, commands: list[str]) -> dict[str, object]:
    plan, line = found.plan, found.plan.timeline
    return {
        "model": plan.model,
        "task": plan.goal.task,
        "metric": plan.goal.metric,
        "rows": plan.rows,
        "features": found.plan.features,
        "timestamp": plan.order.timestamp,
        "key": list(plan.order.key),
        "as_of": line.as_of.isoformat(),
        "windows": {"train": line.trains, "validation": line.chooses, "holdout": line.judges},
        "quarantined": found.quarantined,
        "quality": {"beats_baseline": found.look.beats, **_figures(found.look.found), "sentence": found.look.sentence},
        "ageing": {"shown": found.ageing.shown, **_figures(found.ageing.whole), "sentence": found.ageing.sentence},
        "findings": [{"topic": f.topic, "columns": list(f.columns), "sentence": f.sentence} for f in found.findings],
        "asked": [{"about": a.question.about, "answer": a.answer, "reason": a.question.reason} for a in found.asked],
        "spec": str(files.spec),
        "contract": str(files.contract),
        "report": str(files.report),
        "next": commands,
    }


def _figures(found: Comparison | None) -> dict[str, float]:
    return {} if found is None else {"gain": found.difference, "low": found.low, "high": found.high}


def _lines(found: Draft, files: Files, commands: list[str]) -> Iterator[str]:
    plan, line = found.plan, found.plan.timeline
    yield fact("table", f"{plan.rows:,} rows, {len(plan.columns)} columns: {len(found.plan.features)} are learned from")
    yield fact("target", one_line(f"{plan.target}: {plan.goal.task}; {plan.goal.reason}"))
    yield fact("windows", f"train {line.trains:,}, validation {line.chooses:,}, holdout {line.judges:,} labelled rows")
    yield fact("gate", one_line(plan.margin.reason) if plan.margin else "too few rows to measure what it can tell")
    yield fact("quality", one_line(found.look.sentence))
    yield fact("ageing", one_line(found.ageing.sentence))
    yield fact("quarantined", f"{found.quarantined:.2%} of the rows that were looked at")
    yield from _findings(found)
    for asked in found.asked:
        yield fact("taken", one_line(f"{asked.question.sentence} {asked.answer}: {asked.question.reason}"))
    for name, path in (("spec", files.spec), ("contract", files.contract), ("report", files.report)):
        yield fact(name, short(str(path)))
    yield fact("next", commands[0])
    yield from (fact("", command) for command in commands[1:])


def _findings(found: Draft) -> Iterator[str]:
    shown: dict[str, int] = {}
    for finding in found.findings:
        shown[finding.topic] = shown.get(finding.topic, 0) + 1
        if shown[finding.topic] <= _SHOWN:
            yield fact(finding.weight, one_line(finding.sentence))
    for topic, count in shown.items():
        if count > _SHOWN:
            yield fact("", f"and {count - _SHOWN} more like the last ones about {topic}: see the report")
