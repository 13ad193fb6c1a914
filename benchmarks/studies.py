"""A page of measured promises: each section a study, kept, so that one can be measured anew without the others."""

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from time import perf_counter

from benchmarks.markdown import Measured, Section, page
from benchmarks.repetition import Runner, runner
from tasks.settings import load_settings

Study = Callable[[Runner], Section]


@dataclass(frozen=True)
class Pages:
    """A page, and the studies that it is made of."""

    page: Path
    kept: str
    """Folder of the home's ``benchmark/`` where what was measured is kept."""
    package: str
    """Holds a module for each study, with a function ``study``."""
    studies: tuple[str, ...]
    """In the order of their sections."""
    header: str
    others: Mapping[str, Study] = field(default_factory=dict)
    """Studies whose function is another one."""
    optional: tuple[str, ...] = ()
    """Studies that the page does without: it says that they were not measured."""

    def study(self, name: str) -> Study:
        found: Study = self.others.get(name) or import_module(f"{self.package}.{name}").study
        return found


def run(pages: Pages, description: str | None) -> None:
    """Measure what the command line asks for, and write the page when every study has been measured."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few repetitions; nothing is kept or written")
    parser.add_argument("--only", choices=pages.studies, nargs="+", help="measure these anew; the others are as kept")
    asked = parser.parse_args()
    kept = load_settings().home / "benchmark" / pages.kept
    kept.mkdir(parents=True, exist_ok=True)
    with runner(quick=asked.quick) as runs:
        for name in asked.only or pages.studies:
            found = _measure(name, pages.study(name), runs)
            print(f"\n{found.text}\n\n{name}: {found.seconds:.0f} s\n", flush=True)
            if not asked.quick:
                (kept / f"{name}.json").write_text(json.dumps(asdict(found)), encoding="utf-8")
    if not asked.quick:
        _write(pages, kept)


def _measure(name: str, study: Study, runs: Runner) -> Measured:
    print(f"{name} …", flush=True)
    start = perf_counter()
    section = study(runs)
    return Measured(name, section.title, str(section), section.missed, perf_counter() - start)


def _write(pages: Pages, kept: Path) -> None:
    """Write the page, unless a study is still to be measured."""
    missing = [name for name in pages.studies if not (kept / f"{name}.json").exists()]
    if needed := [name for name in missing if name not in pages.optional]:
        print(f"{pages.page.name} is not written: {', '.join(needed)} not measured yet")
        return
    there = [name for name in pages.studies if name not in missing]
    found = [json.loads((kept / f"{name}.json").read_text(encoding="utf-8")) for name in there]
    header = pages.header + "".join(
        f"\nNot measured here: `{name}`; `python -m {pages.package} --only {name}` adds it.\n" for name in missing
    )
    pages.page.write_text(page(header, [Measured(**one) for one in found]), encoding="utf-8")
    print(f"written to {pages.page}")
