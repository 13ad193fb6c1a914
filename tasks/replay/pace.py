"""How long a replay will still take, by what its parts have taken so far and what its policies have yet to do. Pure.

A step that trains costs many times one that only looks, and what two policies share is done once: so what is counted
is not steps but their parts, each of them new.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from tasks.replay.ahead import Stand, is_asked, share_trained, trainings_ahead
from tasks.spec import ModelSpec

Part = Literal["training", "ruling", "beginning", "step"]
"""To train; to judge; a champion's first step, for which its reference is made; each further one."""
GROWING = ("training", "beginning")
"""Parts whose price goes with the length of history that is learned from."""
_LATEST = 16
"""Parts of a kind, the latest of them, whose price is taken: what was kept from another time costs nothing, first."""
_HOPE = 0.5
"""Share of challengers that pass, as long as none was judged."""


@dataclass(frozen=True)
class Spent:
    """One part, done once."""

    part: Part
    seconds: float
    size: float = 1.0
    """Of a training or a beginning: as ``size_of`` says."""


@dataclass(frozen=True)
class Pace:
    """What there is to say of parts that are done."""

    seconds: Mapping[Part, float] = field(default_factory=dict)
    """Of one part, or of one unit of size."""
    new: Mapping[Part, float] = field(default_factory=dict)
    """Share of those that a policy asks for that nobody has done before; where nobody says, all."""

    def of(self, part: Part, count: float) -> float:
        """Return the seconds that ``count`` parts asked for, or units of size, will take."""
        return count * self.seconds.get(part, 0.0) * self.new.get(part, 1.0)


def pace_of(spent: Sequence[Spent], asked: Mapping[Part, int]) -> Pace:
    """Return the pace of parts done so far, the latest last, and so many of which were ``asked`` for."""
    by_part: dict[Part, list[Spent]] = {}
    for one in spent:
        by_part.setdefault(one.part, []).append(one)
    latest = {part: found[-_LATEST:] for part, found in by_part.items()}
    seconds = {part: sum(o.seconds for o in found) / sum(o.size for o in found) for part, found in latest.items()}
    return Pace(seconds, {part: min(len(by_part.get(part, ())) / count, 1.0) for part, count in asked.items() if count})


def size_of(spec: ModelSpec, begin: datetime) -> Callable[[datetime], float]:
    """Return what says how much a training as of a moment learns from: days, of all lengths that are tried."""
    window = spec.window
    judged = window.validation + window.holdout

    def size(as_of: datetime) -> float:
        there = max(as_of - begin - judged, timedelta(0))
        learned = sum(
            (there if length == "all" else min(length, there) for length in window.lengths), start=timedelta(0)
        )
        return (learned + judged) / timedelta(days=1)

    return size


def seconds_left(
    stands: Sequence[Stand],
    moments: Sequence[datetime],
    pace: Pace,
    *,
    size: Callable[[datetime], float],
    trained: Mapping[datetime, float] | None,
    cores: int,
) -> float:
    """Return how long the walks of ``stands`` will take to the last of ``moments``.

    ``trained`` says how far a training as of a moment is done, for all policies; None: each has its own. The work is
    done by so many ``cores``; but a policy does one thing after another, and the longest walk is waited for. Policies
    that train seldom are ahead of the others, and so make the trainings that they share with them.
    """
    ways = [trainings_ahead(stand, moments) for stand in stands]
    work, longest, made = 0.0, 0.0, dict(trained or {})
    for stand, way in sorted(zip(stands, ways, strict=True), key=lambda one: (is_asked(one[0]), len(one[1]))):
        share = share_trained(stand, len(way), moments)
        new = share * sum(size(at) * (1 - made.get(at, 0.0)) for at in way)
        if trained is not None and not is_asked(stand):
            made |= dict.fromkeys(way, 1.0)
        training = new * pace.seconds.get("training", 0.0)
        walk = training + _looked(stand, way, share, moments, pace, size)
        work, longest = work + walk, max(longest, walk)
    return max(work / cores, longest)


def _looked(
    stand: Stand,
    way: Sequence[datetime],
    share: float,
    moments: Sequence[datetime],
    pace: Pace,
    size: Callable[[datetime], float],
) -> float:
    """Return the seconds of all that is not training: to judge, and to look."""
    passing = stand.passed / len(stand.trained) if stand.trained else _HOPE
    begun = share * passing * sum(size(at) for at in way)
    steps = len(moments) - stand.done - share * passing * len(way)
    return pace.of("ruling", share * len(way)) + pace.of("beginning", begun) + pace.of("step", max(steps, 0.0))
