"""Each step of a check."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from prefect import task
from prefect.artifacts import create_link_artifact, create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks import announcement
from tasks.announcement import artifact_key
from tasks.data import store
from tasks.markdown import escape
from tasks.monitoring import deciding, measuring, report, watching
from tasks.monitoring.check import Check, KeptCheck, save_check
from tasks.monitoring.signal import Signal
from tasks.monitoring.summary import markdown
from tasks.monitoring.watching import Looked, Watch
from tasks.news import decisions
from tasks.news.feed import feed, kept, kept_before
from tasks.release.ledger.entries import Entry
from tasks.steps import outside

_log = logging.getLogger("perennial")


@task(cache_policy=NO_CACHE, **outside.AGAIN)
def look(watch: Watch) -> Looked:
    """Read the windows that are compared, and nothing else of the source."""
    looked = watching.look(watch)
    _log.info("%s rows in %s, version %s", f"{looked.current.rows:,}", watch.window, watch.champion.version)
    return looked


@task(cache_policy=NO_CACHE)
def measure(watch: Watch, looked: Looked) -> Sequence[Signal]:
    """Measure how far the window is from what the champion learned from."""
    signals = measuring.signals(watch, looked)
    _log.info("%s of %s signals are above their threshold", sum(signal.alarmed for signal in signals), len(signals))
    return signals


@task(cache_policy=NO_CACHE)
def diagnose(watch: Watch, looked: Looked, signals: Sequence[Signal]) -> Check:
    """Say what is wrong, what is to be done, and whether a training is asked for."""
    check = deciding.diagnose(watch, looked, signals)
    _log.info("%s", check.headline)
    _log.info("policy: %s", check.decision.reasons[0])
    create_markdown_artifact(
        markdown(check), key=artifact_key(check.model, "check"), description=escape(check.headline)
    )
    return check


@task(cache_policy=NO_CACHE, **outside.AGAIN)
def keep(watch: Watch, check: Check) -> KeptCheck:
    """Keep the check as a file, which a request can name."""
    return save_check(watch.checks, check)


@task(cache_policy=NO_CACHE, **outside.AGAIN)
def request(watch: Watch, check: Check, kept_as: KeptCheck) -> Entry | None:
    """Ask for a training if need be; tell people of what is news still, and the automation of an open request."""
    entry = deciding.ask(watch, check, kept_as.digest)
    _tell(watch, check)
    if entry is not None:
        heard = announcement.announce_request(check.model, entry)
        _log.info("ledger, entry %s: %s%s", entry.number, entry.kind, "" if heard else "; nothing hears it yet")
    return entry


@task(cache_policy=NO_CACHE, **outside.AGAIN)
def draw(watch: Watch, looked: Looked, check: Check, kept_as: KeptCheck) -> Path | None:
    """Write the page that people look at, when there is something to look at."""
    if check.diagnosis.action == "nothing" or looked.current.sample is None:
        return None
    path = watch.settings.of(check.model) / "reports" / f"{kept_as.path.stem}.html"
    report.write_page(path, check, looked.reference.sample, looked.current.sample)
    key, where = artifact_key(check.model, "report"), store.uri(path)
    create_link_artifact(path.as_uri(), key=key, link_text="The check's page", description=where)
    _log.info("page: %s", path)
    return path


def _tell(watch: Watch, check: Check) -> None:
    """Send all that is news still, whether or not it has been sent before: Prefect lets each through once."""
    for news in feed(check.model, (*kept_before(watch.checks, check.as_of), kept(check))):
        announcement.tell(watch.spec, news, as_of=check.as_of.isoformat())
    if watch.spec.notify.page or watch.spec.notify.ticket:
        for entry in decisions.still_news(watch.ledger.entries(check.model), datetime.now(UTC)):
            announcement.tell_of(watch.spec, entry)


def result(check: Check) -> State[Check]:
    """Return the state that a run ends in: an alarm is a result, and not a failure."""
    name = _NAMES[check.diagnosis.action]
    return Completed(name=name, message=check.headline, data=check)


_NAMES = {
    "nothing": "Quiet",
    "watch": "Watch",
    "wait": "Wait",
    "fix_the_data": "FixTheData",
    "retrain": "Retrain",
}
