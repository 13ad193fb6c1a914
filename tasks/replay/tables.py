"""The facts of a replay as tables: the command, the page and the flow's artifact show the same ones."""

from collections.abc import Sequence
from datetime import timedelta

from tasks.judgement.comparison import Comparison
from tasks.judgement.table import Table
from tasks.judgement.wording import NOTHING, gain, interval, show
from tasks.replay.accounts import Account
from tasks.replay.answering import Answer
from tasks.replay.contenders import LIVE
from tasks.spec import write_duration

_HEAD = ("policy", "loss", "less than never", "worst step", "trainings", "refused", "in vain")


def policies(answer: Answer) -> Table:
    """Return every policy, the one that lost least first."""
    ranked = sorted(answer.accounts, key=lambda account: account.loss)
    names = [account.name for account in ranked]
    priced = ("price", "in all") if answer.prices.known else ()
    head = (*_HEAD, *(("less than live",) if LIVE in names else ()), *priced, "regret")
    rows = [_row(account, answer, names) for account in ranked]
    striking = frozenset({names.index(answer.advice.policy)})
    return Table(
        f"What each policy lost, mean {answer.metric.label}, and what it did for it", head, tuple(rows), striking
    )


def _row(account: Account, answer: Answer, names: Sequence[str]) -> tuple[str, ...]:
    against, worst = account.against_never, account.worst
    cells = [
        account.name,
        show(account.loss),
        _against(against),
        f"{worst[1]:.4f}, {worst[0]:%Y-%m-%d}" if worst else NOTHING,
        str(account.walk.trainings),
        str(account.refused),
        str(account.in_vain),
    ]
    if LIVE in names:
        cells.append(_against(account.against_live))
    if answer.prices.known:
        cells += [f"{account.price:,.6g}", f"{account.total(answer.prices):,.6g}"]
    return (*cells, f"{account.regret:,.4g}")


def _against(found: Comparison | None) -> str:
    if found is None:
        return NOTHING
    return "the same" if found.identical else f"{gain(found)} ({interval(found)})"


def steps(answer: Answer) -> Table:
    """Return what happened at each step to the recommended policy."""
    account = answer.recommended
    rows = []
    for step, loss in zip(account.walk.steps, account.by_step, strict=True):
        trained = step.ruling.summary if step.ruling else (step.made.why_not if step.made else "")
        age = write_duration(timedelta(days=(step.at - step.champion).days))
        diagnosis = step.check.diagnosis.action.replace("_", " ")
        rows.append((f"{step.at:%Y-%m-%d}", age, show(loss), diagnosis, step.decision.reasons[0], trained))
    head = ("step to", "champion's age", "loss", "triage says", "policy says", "verdict")
    return Table(f"Every step of {account.name}", head, tuple(rows))


def ages(answer: Answer) -> Table:
    """Return what champions lost more than the youngest of the same step, by age."""
    rows = [(f"{bucket.days:.0f}", f"{bucket.excess:+.4f}", str(bucket.steps)) for bucket in answer.ageing.buckets]
    return Table("Champions by age", ("days since training", "loss above the youngest's", "steps"), tuple(rows))


def plain(table: Table) -> list[str]:
    """Return ``table`` as lines of text, with numbers to the right."""
    rows = [table.head, *table.rows]
    widths = [max(len(row[place]) for row in rows) for place in range(len(table.head))]
    return [
        "  ".join(
            _cell(text, width, place) for place, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _cell(text: str, width: int, place: int) -> str:
    return text.rjust(width) if place else text.ljust(width)
