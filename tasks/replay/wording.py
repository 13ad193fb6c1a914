"""What a replay says, in sentences."""

from collections.abc import Iterator

from tasks.data.window import write_time
from tasks.replay.answering import Answer
from tasks.replay.contenders import describe
from tasks.spec import write_duration


def headline(answer: Answer) -> str:
    """Return the recommendation in a line."""
    account = answer.recommended
    if answer.advice.too_short:
        return f"This history does not show that any policy pays; until it does: {account.name}"
    if account.name == "never":
        return "Retraining is not shown to pay: never"
    return f"Retrain {account.name.replace('_', ' ')}: {describe(account.walk.rules)}"


def span(answer: Answer) -> str:
    """Return what was replayed."""
    rows = answer.accounts[0].rows
    return (
        f"{write_time(answer.first)} to {write_time(answer.end)}, {len(answer.accounts[0].walk.steps)} steps of "
        f"{write_duration(answer.step)}, {rows:,} labelled rows, the same for every policy"
    )


def reasons(answer: Answer) -> tuple[str, ...]:
    """Return why, and how far that holds."""
    told = [*answer.advice.reasons, *answer.advice.sensitivity]
    return (*told, answer.advice.too_short) if answer.advice.too_short else tuple(told)


def age(answer: Answer) -> str:
    """Return whether the model ages."""
    found, label = answer.ageing, answer.metric.label
    if not found.buckets:
        return "too few steps had champions of different age to say whether the model ages"
    reach = f"{found.per_day:+.2g} {label} a day ({found.low:+.2g} to {found.high:+.2g})"
    if not found.shown or found.half_life_days is None:
        return f"no evidence of ageing: {reach}"
    low, high = found.half_life_low or 0.0, found.half_life_high or 0.0
    return (
        f"it ages by {reach}: half of what it gains over a constant answer, {answer.constant:.4g}, would be lost after "
        f"{found.half_life_days:,.0f} days ({low:,.0f} to {high:,.0f}), if it went on in a straight line"
    )


def prices(answer: Answer) -> str:
    """Return what things cost."""
    p = answer.prices
    if not p.known:
        return "a loss has no price: --costs loss=NUMBER, or policy.loss_price, would weigh it against trainings"
    return (
        f"a training costs {p.training:g}, a review {p.review:g}, a promotion {p.promotion:g}, and a loss of 1 on one "
        f"row {p.loss:g}"
    )


def lines(answer: Answer) -> Iterator[str]:
    """Yield what a person reads first."""
    yield headline(answer)
    yield f"  replayed     {span(answer)}"
    for reason in reasons(answer):
        yield f"               {reason}"
    yield f"  ageing       {age(answer)}"
    yield f"  prices       {prices(answer)}"
    if answer.approval.delay:
        yield f"  approval     {answer.approval.sentence}"
    if answer.agreement:
        yield f"  fast         {answer.agreement.sentence}"
