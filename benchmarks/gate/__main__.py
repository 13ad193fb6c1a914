"""``make benchmark-gate``: measure what the gate promises, and write docs/gate.md.

Simulations are seeded: the same code gives the same page, but for the section on cost.
"""

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from time import perf_counter

from benchmarks.gate.markdown import Section, page
from benchmarks.gate.repetition import Runner, runner

PAGE = Path(__file__).resolve().parents[2] / "docs" / "gate.md"
STUDIES = ("no_difference", "power", "margin", "year", "slices", "wear", "freshness", "cost")
Study = Callable[[Runner], Section]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few repetitions, and nothing is written")
    parser.add_argument("--only", choices=(*STUDIES, "leaks"), help="one study, and nothing is written")
    asked = parser.parse_args()
    wanted = [asked.only] if asked.only else [*STUDIES, "leaks"]
    with runner(quick=asked.quick) as runs:
        made = {name: _timed(name, runs) for name in wanted}
    sections = [section for section, _ in made.values() if isinstance(section, Section)]
    also = [section for section, _ in made.values() if isinstance(section, str)]
    if asked.quick or asked.only:
        return
    PAGE.write_text(page(sections, also, [(name, seconds) for name, (_, seconds) in made.items()]), encoding="utf-8")
    print(f"written to {PAGE}")


def _timed(name: str, runs: Runner) -> tuple[Section | str, float]:
    start = perf_counter()
    print(f"{name} …", flush=True)
    section = _leaks() if name == "leaks" else import_module(f"benchmarks.gate.{name}").study(runs)
    seconds = perf_counter() - start
    print(f"\n{section}\n\n{name}: {seconds:.0f} s\n", flush=True)
    return section, seconds


def _leaks() -> str:
    try:
        leaks = import_module("benchmarks.gate.leaks")
    except ImportError as missing:
        return f"## The leakage audit\n\nNot measured: `benchmarks.gate.leaks` cannot be imported ({missing})."
    return str(leaks.section(leaks.study()))


if __name__ == "__main__":
    main()
