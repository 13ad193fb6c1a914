"""What it was beside what triage said, and the page's words about it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.markdown import Section, Table
from tasks.monitoring.triage import Action, Trouble
from tasks.monitoring.triage.diagnosis import BROKEN

MISJUDGED = 0.05
"""The goal: at most so many of the checks, and none that trains on a broken feed."""
ACTIONS: tuple[Action, ...] = ("fix_the_data", "retrain", "wait", "watch", "nothing")
_HARMLESS: frozenset[Action] = frozenset({"nothing", "watch", "wait"})
DRIFTS: frozenset[Trouble] = frozenset({"abrupt_drift", "gradual_drift"})


@dataclass(frozen=True)
class Judged:
    """What triage said of one window with a trouble, or of one without."""

    data: str
    day: int
    trouble: Trouble
    """"quiet": there is none."""
    severity: float
    action: Action
    said: Trouble
    sentence: str
    loses: bool
    """A loss is shown: it is more than chance makes of it."""
    by_itself: bool
    """The data are real, and show a loss without the trouble, too: some world has drifted."""

    @property
    def trains_on_a_fault(self) -> bool:
        return self.trouble in BROKEN and self.action == "retrain"

    @property
    def is_hidden(self) -> bool:
        """A drift that does not show yet as a loss: no rule can tell it from none."""
        return self.trouble in DRIFTS and not self.loses

    @property
    def is_right(self) -> bool:
        if self.trouble in BROKEN:
            return self.action == "fix_the_data"
        if self.trouble in DRIFTS and self.loses:
            return self.action == "retrain"
        return self.action in _HARMLESS or (self.action == "retrain" and self.by_itself)


def section(found: Sequence[Judged], simulated: str) -> Section:
    """Return the page's section about what was ``found``."""
    wrong = [one for one in found if not one.is_right]
    trained = [one for one in found if one.trains_on_a_fault]
    hidden = sum(one.is_hidden for one in found)
    real = sum(one.by_itself and one.is_right and one.action == "retrain" for one in found if one.trouble not in DRIFTS)
    share = len(wrong) / len(found)
    named = [one for one in found if one.trouble in BROKEN]
    missed = [f"retrainings on a broken feed: {len(trained)}"] if trained else []
    missed += [f"{share:.1%} of the checks misjudged, at most {MISJUDGED:.0%} were the goal"] * (share > MISJUDGED)
    return Section(
        title="What triage says of fourteen troubles",
        shows=f"Of {len(named):,} checks of a broken feed {_count(trained, 'retrains', 'retrain')}. Of all "
        f"{len(found):,} checks {len(wrong)} are misjudged, {share:.1%}; the goals are none, and at most "
        f"{MISJUDGED:.0%}. In {hidden} more the concept has drifted, and no loss is shown yet: to leave those alone is "
        "counted as right, since nothing tells them from chance; counted as wrong they make "
        f"{(len(wrong) + hidden) / len(found):.1%}. Weeks of real flights that lose by themselves, and are trained on "
        f"without a drift of ours, are counted as right: {real}.",
        missed=tuple(missed),
        parts=(
            "What it was, and what is to be done by what triage says; numbers of checks.",
            Table(
                ("trouble", "of the rows", *(action.replace("_", " ") for action in ACTIONS), "named so"), _lines(found)
            ),
            "Broken feeds, and what triage takes them for:",
            Table(("trouble", "taken for"), _names(found)),
            *_explained(wrong),
        ),
        simulated=simulated,
    )


def _count(found: Sequence[Judged], one: str, more: str) -> str:
    return f"{len(found) or 'none'} {one if len(found) <= 1 else more}"


def _groups(found: Sequence[Judged]) -> Iterator[tuple[Trouble, float, list[Judged]]]:
    """Yield the checks by trouble and severity, in the order in which they first stand."""
    for trouble, severity in dict.fromkeys((one.trouble, one.severity) for one in found):
        yield trouble, severity, [one for one in found if (one.trouble, one.severity) == (trouble, severity)]


def _lines(found: Sequence[Judged]) -> list[list[str]]:
    lines = []
    for trouble, severity, checks in _groups(found):
        counts = Counter(one.action for one in checks)
        named = sum(one.said == trouble for one in checks)
        cells = [str(counts[action] or "") for action in ACTIONS]
        lines.append([_words(trouble), f"{severity:.0%}" if severity else "", *cells, f"{named} of {len(checks)}"])
    return lines


def _names(found: Sequence[Judged]) -> list[list[str]]:
    lines = []
    for trouble in dict.fromkeys(one.trouble for one in found if one.trouble in BROKEN):
        said = Counter(one.said for one in found if one.trouble == trouble)
        lines.append([_words(trouble), ", ".join(f"{_words(kind)} {count}" for kind, count in said.most_common())])
    return lines


def _explained(wrong: Sequence[Judged]) -> Iterator[str]:
    """Yield a sentence for each misjudged cell: what was said in place of what, and why."""
    if not wrong:
        return
    yield "Misjudged, each cell with what was said and why it is wrong:"
    cells = dict.fromkeys((one.trouble, one.said, one.data) for one in wrong)
    lines = []
    for trouble, said, data in cells:
        checks = [one for one in wrong if (one.trouble, one.said, one.data) == (trouble, said, data)]
        where = ", ".join(f"{one.severity:.0%} on day {one.day}" for one in checks)
        lines.append(f"- {_words(trouble)} in {data} ({where}): {why(checks[0])} It said: “{checks[0].sentence}”.")
    yield "\n".join(lines)


def why(wrong: Judged) -> str:
    """Return in a sentence why a check is misjudged."""
    if wrong.action == "fix_the_data":
        return "rows changed as that fault would change them, and nothing in the inputs tells the two apart."
    if wrong.said == "suspect_column" and wrong.trouble in BROKEN:
        return "no rule names the fault, and only the last guard keeps it from being trained on."
    if wrong.said == "suspect_column":
        return "an input jumped by itself in the same week, and training is put off until that has been looked at."
    if wrong.trouble in BROKEN and wrong.action == "retrain":
        return "the fault changes the columns by less than weeks differ, and so is taken for a concept that drifts."
    if wrong.trouble in BROKEN:
        return "the fault changes the rows by less than weeks differ by themselves, and so does not stand out."
    if wrong.action == "retrain":
        return "a loss is shown, which the trouble or chance has made; nobody else is to blame by what is seen."
    return "a loss is shown, and something that may explain it without a drift."


def _words(name: str) -> str:
    return "none" if name == "quiet" else name.replace("_", " ")
