"""``make benchmark-gate``: measure what the gate promises, and write docs/gate.md.

Simulations are seeded: the same code gives the same page, but for the section on cost and the seconds that it took.
What was measured is kept in the home folder, so that one study can be measured anew without the others.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from time import perf_counter

from benchmarks.gate.markdown import Measured, Section, page
from benchmarks.gate.repetition import Runner, runner
from tasks.settings import load_settings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "gate.md"
STUDIES = ("no_difference", "power", "margin", "year", "slices", "wear", "freshness", "cost", "leaks")
Study = Callable[[Runner], Section]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few repetitions; nothing is kept or written")
    parser.add_argument("--only", choices=STUDIES, nargs="+", help="measure these anew; the others are as kept")
    asked = parser.parse_args()
    kept = load_settings().home / "benchmark" / "gate"
    kept.mkdir(parents=True, exist_ok=True)
    with runner(quick=asked.quick) as runs:
        for name in asked.only or STUDIES:
            found = _measure(name, runs)
            print(f"\n{found.text}\n\n{name}: {found.seconds:.0f} s\n", flush=True)
            if not asked.quick:
                (kept / f"{name}.json").write_text(json.dumps(asdict(found)), encoding="utf-8")
    if not asked.quick:
        _write(kept)


def _measure(name: str, runs: Runner) -> Measured:
    print(f"{name} …", flush=True)
    start = perf_counter()
    section = _leaks() if name == "leaks" else _study(name)(runs)
    return Measured(name, section.title, str(section), section.missed, perf_counter() - start)


def _study(name: str) -> Study:
    study: Study = import_module(f"benchmarks.gate.{name}").study
    return study


def _leaks() -> Section:
    """Return the study of the leakage audit, which words its section itself."""
    from benchmarks.gate import leaks

    found = leaks.study()
    missed = [f"{cell.plant} in {cell.data} is overlooked" for cell in found.missed]
    missed += [f"{found.false_alarms} false alarms on honest data"] if found.false_alarms else []
    return Section("The leakage audit", "", tuple(missed), (), "", whole=leaks.section(found))


def _write(kept: Path) -> None:
    """Write the page, unless a study is still to be measured."""
    if missing := [name for name in STUDIES if not (kept / f"{name}.json").exists()]:
        print(f"{PAGE.name} is not written: {', '.join(missing)} not measured yet")
        return
    found = [json.loads((kept / f"{name}.json").read_text(encoding="utf-8")) for name in STUDIES]
    PAGE.write_text(page([Measured(**one) for one in found]), encoding="utf-8")
    print(f"written to {PAGE}")


if __name__ == "__main__":
    main()
