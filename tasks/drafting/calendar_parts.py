"""What of the event time a draft learns from."""

from collections.abc import Sequence
from datetime import timedelta

from tasks.drafting import names
from tasks.drafting.plan import Plan


def calendar(plan: Plan) -> Sequence[str]:
    """Return the parts of the event time that no column says, if the history is long enough to learn them."""
    line, day = plan.timeline, timedelta(days=1)
    if plan.order.by_rows:
        return ()
    said = {names.piece(name) for name, role in plan.roles.items() if role.use == "feature"}
    trained = line.end - line.start - line.validation - line.holdout
    parts = []
    if line.usual_step < timedelta(hours=12) and "hour" not in said and trained > 3 * day:
        parts.append("hour")
    if line.usual_step < 5 * day and trained > 28 * day and "weekday" not in {*plan.columns}:
        parts.append("weekday")
    if "month" not in said and trained > 550 * day:
        parts.append("month")
    return parts
