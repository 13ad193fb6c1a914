"""What the entries of the ledger say, a line each, or as facts."""

from datetime import datetime
from typing import Any

from tasks.data.window import write_time
from tasks.plain import write
from tasks.release.ledger.contract_records import Accepted, Amended, Refused
from tasks.release.ledger.entries import Entry, version_of
from tasks.release.ledger.version_records import Approved, Expired, Judged, Promoted, Proposed, Rejected, RolledBack
from tasks.release.ledger.work_records import Answered, Claimed, Requested, Scored, Spent

_OF_NO_VERSION = (Spent, Amended, Accepted, Refused)


def clock(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M}"


def told(entry: Entry) -> str:
    """Return what an entry of the ledger says, in a line."""
    match entry.what:
        case Judged(as_of=as_of, summary=summary):
            return f"as of {write_time(as_of)}: {summary}"
        case Proposed(approvals=approvals, expires=expires):
            people = (
                f"{approvals} approval{'s' if approvals > 1 else ''} needed" if approvals else "nobody has to agree"
            )
            return people + (f", by {clock(expires)}" if expires else "")
        case Approved() as given:
            return f"{'EMERGENCY, ' if given.emergency else ''}by {given.approver}{_how(given)}{_because(given.reason)}"
        case Rejected() as refused:
            return f"by {refused.approver}{_how(refused)}{_because(refused.reason)}"
        case Expired(reason=why):
            return why
        case Promoted() as promoted:
            by = f"approved by {', '.join(promoted.by)}" if promoted.by else "by the spec's own rule"
            return f"{'EMERGENCY, ' if promoted.emergency else ''}{by}{_instead(promoted.replaces)}"
        case RolledBack() as back:
            return f"by {back.by}{_how(back)}{_because(back.reason)}{_instead(back.replaces)}"
        case Scored() as scored:
            return f"{scored.rows:,} rows of {write_time(scored.start)} to {write_time(scored.end)}"
        case Requested() as asked:
            return f"a training for {asked.reason}, as of {write_time(asked.as_of)}: {asked.summary}"
        case Claimed(request=request, run=run):
            return f"of request {request}, by run {run}"
        case Answered() as answered:
            how = ", by a training that was not started for it" if answered.superseded else ""
            return f"to request {answered.request}{how}: {answered.outcome}, {answered.summary}"
        case Spent() as spent:
            return f"{'' if spent.finished else 'a training that broke: '}{used(spent)}"
        case Amended() as change:
            return f"to {change.contract}, by {change.by}{_how(change)}: {change.summary}"
        case Accepted() as change:
            who = f"by {change.by}{_how(change)}{_because(change.reason)}"
            return f"of amendment {change.proposal} to {change.contract}, {who}"
        case Refused() as change:
            return f"of amendment {change.proposal}, by {change.by}{_how(change)}{_because(change.reason)}"
    return ""


def line(entry: Entry) -> str:
    """Return an entry with its time, its kind and its version, in a line."""
    version = version_of(entry.what)
    which = f"version {version}" if version else "" if isinstance(entry.what, _OF_NO_VERSION) else "no version"
    return f"{clock(entry.at)}  {entry.kind:<10} {which:<12} {told(entry)}"


def facts_of(entry: Entry) -> dict[str, Any]:
    """Return an entry as facts, for --json."""
    return {
        "number": entry.number,
        "kind": entry.kind,
        "at": entry.at.isoformat(timespec="seconds"),
        **write(entry.what),
        "digest": entry.digest,
    }


def used(spent: Spent) -> str:
    """Return what was used, in units that a person reads."""
    parts = [duration(spent.wall_seconds), f"CPU {duration(spent.cpu_seconds)}", f"{spent.peak_bytes / 1e9:.2f} GB"]
    if spent.gpu_seconds is not None:
        parts.append(f"GPU {duration(spent.gpu_seconds)}")
    if spent.joules is not None:
        parts.append(f"{spent.joules / 3600:.1f} Wh")
    if spent.money is not None:
        parts.append(f"{spent.money:.2f} {spent.currency}")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """Return a length of time, such as 1 h 05 min."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def _how(decided: Approved | Rejected | RolledBack | Amended | Accepted | Refused) -> str:
    return " (known to MLflow by password)" if decided.identified else ""


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""


def _instead(version: int | None) -> str:
    return f", in place of version {version}" if version else ""
