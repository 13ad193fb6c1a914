"""``make benchmark-replay``: which policy pays, on streams of which the truth is known and on real ones.

It writes docs/replay.md.

What was measured is kept in the home folder, so that one study can be measured anew without the others.
"""

from pathlib import Path

from benchmarks.studies import Pages, run

PAGES = Pages(
    page=Path(__file__).resolve().parents[2] / "docs" / "replay.md",
    kept="replay",
    package="benchmarks.replay",
    studies=("generated", "fresh", "real"),
    optional=("real",),
    header="""# Which retraining policy pays, measured

`make benchmark-replay` wrote this page, in full: `perennial replay` on streams that are generated so that their changes
are known, and on real ones; beside the defaults that people copy. The code is in `benchmarks/replay/`.

Three of our rules were made after a look at the first draw of the generated streams: trainings that follow an alarm,
`on_gain` trying again now and then, and waiting for a loss where nothing is shown to gain. A fourth was made after the
second and third: what a policy gains within the gate's margin pays for no training. The draws after them, and the real
histories, were not looked at for any rule; but they showed a fault: a column of the bicycles, `season`, was called
frozen, and no model was trained in 51 of 92 weeks. It was mended, and they were measured once more.
""",
)

if __name__ == "__main__":
    run(PAGES, __doc__)
