"""``make benchmark-drift``: measure what watching promises, and write docs/drift.md.

What was measured is kept in the home folder, so that one study can be measured anew without the others.
"""

from pathlib import Path

from benchmarks.studies import Pages, run

PAGES = Pages(
    page=Path(__file__).resolve().parents[2] / "docs" / "drift.md",
    kept="drift",
    package="benchmarks.drift",
    studies=("speed", "false_alarms", "delay", "matrix"),
    header="""# What watching promises, measured

`make benchmark-drift` wrote this page, in full: each number is of the code beside it, in `benchmarks/drift/`, a file
for each section. Simulations are seeded; "a ± b" is a value and its standard error.
""",
)

if __name__ == "__main__":
    run(PAGES, __doc__)
