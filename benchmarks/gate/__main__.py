"""``make benchmark-gate``: measure what the gate promises, and write docs/gate.md.

Simulations are seeded: the same code gives the same page, but for the section on cost and the seconds that it took.
What was measured is kept in the home folder, so that one study can be measured anew without the others.
"""

from pathlib import Path

from benchmarks.markdown import Section
from benchmarks.repetition import Runner
from benchmarks.studies import Pages, run


def leaks(_: Runner) -> Section:
    """Return the study of the leakage audit, which words its section itself."""
    from benchmarks.gate import leaks

    found = leaks.study()
    missed = [f"{cell.plant} in {cell.data} is overlooked" for cell in found.missed]
    missed += [f"{found.false_alarms} false alarms on honest data"] if found.false_alarms else []
    return Section("The leakage audit", "", tuple(missed), (), "", whole=leaks.section(found))


PAGES = Pages(
    page=Path(__file__).resolve().parents[2] / "docs" / "gate.md",
    kept="gate",
    package="benchmarks.gate",
    studies=("no_difference", "power", "margin", "year", "slices", "wear", "freshness", "cost", "leaks"),
    header="""# What the gate promises, measured

`make benchmark-gate` wrote this page, in full: each number is of the code beside it, by simulations whose random
numbers are seeded, and by trainings on real flights. Rates are in percent, "a ± b" is a value and its standard error.
The code is in `benchmarks/gate/`, a file for each section.
""",
    others={"leaks": leaks},
)

if __name__ == "__main__":
    run(PAGES, __doc__)
