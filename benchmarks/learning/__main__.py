"""``make benchmark-learning``: measure what learning promises, and write docs/learning.md.

Streams are seeded: the same code gives the same page, but for seconds and what they buy. What was measured is kept in
the home folder, so that one study can be measured anew without the others.
"""

from pathlib import Path

from benchmarks.studies import Pages, run

PAGES = Pages(
    page=Path(__file__).resolve().parents[2] / "docs" / "learning.md",
    kept="learning",
    package="benchmarks.learning",
    studies=("windows", "tuning", "warm", "labels", "network", "checkpoints"),
    header="""# What learning promises, measured

`make benchmark-learning` wrote this page, in full: on real flights, and on streams that are generated so that the best
training window is known. The code is in `benchmarks/learning/`, a file for each section. Seconds are of one machine on
one day, and two processes; ratios were taken side by side.
""",
)

if __name__ == "__main__":
    run(PAGES, __doc__)
