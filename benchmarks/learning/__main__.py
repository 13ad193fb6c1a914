"""``make benchmark-learning``: measure what learning promises, and write docs/learning.md.

What was measured is kept in the home folder, so that one study can be measured anew without the others.
"""

from pathlib import Path

from benchmarks.studies import Pages, run

PAGES = Pages(
    page=Path(__file__).resolve().parents[2] / "docs" / "learning.md",
    kept="learning",
    package="benchmarks.learning",
    studies=("network", "checkpoints"),
    header="""# What learning promises, measured

`make benchmark-learning` wrote this page, in full: each number is of the code beside it. The code is in
`benchmarks/learning/`, a file for each section.
""",
)

if __name__ == "__main__":
    run(PAGES, __doc__)
