"""The page of a replay: one HTML file that needs nothing beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tasks.judgement.canvas import HEIGHT, to_svg
from tasks.judgement.page import templates
from tasks.judgement.table import Table
from tasks.replay import drawings, tables, wording
from tasks.replay.answering import Answer
from tasks.spec import write_duration


@dataclass(frozen=True)
class Part:
    """A section of the page."""

    title: str
    text: tuple[str, ...]
    pictures: tuple[str, ...]
    tables: tuple[Table, ...]


def page(answer: Answer) -> str:
    """Return the page as HTML; the same answer gives the same text."""
    return (
        templates(Path(__file__).parent)
        .get_template("replay.html")
        .render(
            model=answer.spec.model,
            headline=wording.headline(answer),
            span=wording.span(answer),
            reasons=[_sentence(reason) for reason in wording.reasons(answer)],
            parts=_parts(answer),
        )
    )


def draw(answer: Answer) -> Mapping[str, str]:
    """Return the pictures as SVG, by name."""
    label, chosen, accounts = answer.metric.label, answer.advice.policy, answer.accounts
    height = 1.2 + drawings.LINE_HEIGHT * len(accounts)
    found = {
        "time_line": to_svg(
            partial(drawings.time_line, accounts=accounts, recommended=chosen, label=label), "time_line", height
        ),
        "frontier": to_svg(
            partial(drawings.frontier, accounts=accounts, recommended=chosen, label=label), "frontier", HEIGHT
        ),
    }
    if answer.ageing.buckets:
        found["staleness"] = to_svg(partial(drawings.staleness, found=answer.ageing, label=label), "staleness", HEIGHT)
    return found


def _parts(answer: Answer) -> tuple[Part, ...]:
    drawn = draw(answer)
    older = (drawn["staleness"],) if "staleness" in drawn else ()
    return (
        Part(
            "What each policy lost, and what it did",
            (),
            (drawn["time_line"], drawn["frontier"]),
            (tables.policies(answer),),
        ),
        Part("Does the model age?", (_sentence(wording.age(answer)),), older, (tables.ages(answer),)),
        Part("What was counted", _counted(answer), (), ()),
        Part("Step by step", (), (), (tables.steps(answer),)),
    )


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _counted(answer: Answer) -> tuple[str, ...]:
    fast = (_sentence(answer.agreement.sentence),) if answer.agreement else ()
    return (
        *fast,
        _sentence(wording.prices(answer)),
        f"Losses are the mean {answer.metric.label} of the champion in use, on every row whose label is known by the "
        "end of the replay. Differences are paired: the same rows, by blocks of time, as in the gate.",
        f"All policies begin with the same champion, and decide at each step, every {write_duration(answer.step)}. A "
        f"person is taken to approve whatever passes the gate: {answer.approval.sentence}. No decision knows a row, or "
        "a label, that was not there on its day.",
    )
