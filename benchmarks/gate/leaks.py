"""Does the leakage audit find planted leaks, and does it leave honest data alone?"""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.gate.leak_columns import LEAKS
from benchmarks.gate.leak_data import Data, case, real
from benchmarks.gate.leak_plants import PLANTS, Plant
from benchmarks.gate.leak_worlds import worlds
from benchmarks.markdown import Table
from tasks.judgement.leakage.audit import audit
from tasks.judgement.leakage.case import Audit
from tasks.judgement.leakage.sample import view
from tasks.judgement.leakage.strength import strengths


@dataclass(frozen=True)
class CleanRow:
    """An honest data set, and what the audit said of it."""

    data: str
    rows: int
    columns: int
    strongest: str
    share: float
    """Of the label that the strongest column explains by itself."""
    reported: tuple[str, ...]
    """Sentences; any is a false alarm."""
    untested: tuple[str, ...]


@dataclass(frozen=True)
class PlantedCell:
    """One kind of leak in one data set."""

    data: str
    plant: str
    figure: float | None
    """What the audit said of it; None: it was not found."""
    refused: bool
    untested: bool
    """It was not found, and the audit says that it could not look for it."""

    @property
    def missed(self) -> bool:
        return self.figure is None and not self.untested


@dataclass(frozen=True)
class LeakStudy:
    """All that was found and missed."""

    clean: tuple[CleanRow, ...]
    planted: tuple[PlantedCell, ...]

    @property
    def missed(self) -> tuple[PlantedCell, ...]:
        return tuple(cell for cell in self.planted if cell.missed)

    @property
    def false_alarms(self) -> int:
        return sum(len(row.reported) for row in self.clean)


def study() -> LeakStudy:
    """Audit every honest data set as it is, and again with each kind of leak planted; about a minute."""
    honest = [*real(), *worlds()]
    planted = [_planted(data, plant) for data in honest if data.planted for plant in PLANTS if plant.suits(data)]
    return LeakStudy(tuple(map(_clean, honest)), tuple(planted))


def section(found: LeakStudy) -> str:
    """Return the study as a section of docs/gate.md."""
    head = "## The leakage audit"
    return "\n\n".join([head, _verdict(found), str(_clean_table(found.clean)), str(_planted_table(found)), _WORDS])


def _clean(data: Data) -> CleanRow:
    honest = case(data)
    found, strongest = audit(honest), strengths(honest.features, view(honest))[0]
    return CleanRow(
        data=data.name,
        rows=sum(part.rows for part in honest.parts),
        columns=len(data.features),
        strongest=strongest.column,
        share=strongest.share,
        reported=tuple(leak.sentence for leak in found.leaks),
        untested=found.untested,
    )


def _planted(data: Data, plant: Plant) -> PlantedCell:
    found = audit(plant.into(data))
    hits = [leak for leak in found.leaks if leak.kind in plant.kinds and (not plant.column or leak.column in LEAKS)]
    return PlantedCell(
        data=data.name,
        plant=plant.name,
        figure=hits[0].figure if hits else None,
        refused=any(leak.severity == "refuse" for leak in hits),
        untested=not hits and _says_so(found, plant),
    )


def _says_so(found: Audit, plant: Plant) -> bool:
    return plant.untested is not None and any(plant.untested in sentence for sentence in found.untested)


def _verdict(found: LeakStudy) -> str:
    said = sum(cell.untested for cell in found.planted)
    hits = sum(cell.figure is not None for cell in found.planted)
    goal = "The goal is met." if not found.missed and not found.false_alarms else "**Goal missed.**"
    return (
        f"{len(PLANTS)} kinds of leak in {len({cell.data for cell in found.planted})} data sets: of "
        f"{len(found.planted)} leaks {hits} were found, {len(found.missed)} overlooked, and of {said} the audit says "
        f"that it cannot look for them there. On {len(found.clean)} honest data sets it reported "
        f"{found.false_alarms or 'nothing'}; the goal is all found and nothing made up. {goal}"
    )


def _clean_table(rows: Sequence[CleanRow]) -> Table:
    head = ("honest data", "rows", "features", "strongest alone", "explains", "reported")
    return Table(head, [_clean_line(row) for row in rows])


def _clean_line(row: CleanRow) -> tuple[str, ...]:
    said = "; ".join(row.reported) or "nothing"
    return row.data, f"{row.rows:,}", str(row.columns), row.strongest, f"{row.share:.1%}", said


def _planted_table(found: LeakStudy) -> Table:
    names = list(dict.fromkeys(cell.data for cell in found.planted))
    cells = {(cell.plant, cell.data): cell for cell in found.planted}
    lines = [(plant.name, *(_shown(cells.get((plant.name, name))) for name in names)) for plant in PLANTS]
    return Table(("planted", *names), lines)


def _shown(cell: PlantedCell | None) -> str:
    if cell is None:
        return "–"
    if cell.figure is None:
        return "says it cannot tell" if cell.untested else "**missed**"
    figure = f"{cell.figure:,.0f}" if cell.figure > 1 else f"{cell.figure:.3f}"
    return figure if cell.refused else f"{figure} (w)"


_WORDS = """A cell is the audit's figure: a share of the target explained, or of the rows; a number of rows where rows
are counted; (w): a warning, all others refuse. A dash: there is no such leak for the task. What a column explains is
measured on rows later than those it was learned on, every class weighing the same, and the labels of a regression as
ranks. An honest column may explain 99 % by itself (the temperature of this hour, of the next hour's; a random walk):
it is let pass because it is closer to a label that was known by then than to the one to be predicted.

Not found by design: a leak that several columns make together, other than by adding up; a time planned beforehand and
one written afterwards look alike, so that a late time is a warning unless it also explains the target; duplicates that
are spread evenly over the whole time look like content that repeats by nature; a scaling or encoding fitted on other
rows than those of the snapshot."""
