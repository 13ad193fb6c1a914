"""Real flights: a champion that has seen part of the holdout is recognised, to the row."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.gate.gates import ALPHA, RESAMPLES
from benchmarks.markdown import Section, Table
from benchmarks.repetition import Runner
from tasks.data.contract import load_contract
from tasks.data.ingestion import Prepared, ingest, prepare
from tasks.data.splits import Splits, split
from tasks.judgement.comparison import Comparison
from tasks.judgement.holdout import Holdout
from tasks.judgement.significance import Pair, PairedTest, compare
from tasks.metrics import find_metric
from tasks.release.arena import enter
from tasks.release.challenger import Challenger, Recipe, make_challenger
from tasks.release.choosing import choose
from tasks.release.contest import contest
from tasks.release.lineage import Lineage
from tasks.release.versions import Version
from tasks.settings import Settings, load_settings
from tasks.spec import load_spec

MODEL = "flight_delay"
AS_OF = datetime(2013, 6, 1, tzinfo=UTC)
CHAMPIONS = {
    "trained a week before": AS_OF - timedelta(days=7),
    "trained later, on about 60 % of these rows too": AS_OF + timedelta(days=9, hours=16),
}
_WEEKS, _DELAY = timedelta(days=14), timedelta(days=1)


@dataclass(frozen=True)
class Trained:
    """One training of the shipped model."""

    as_of: datetime
    recipe: Recipe
    prepared: Prepared
    splits: Splits
    challenger: Challenger

    def version(self) -> Version:
        rows = self.prepared.rows
        lineage = Lineage(self.as_of, rows, rows, rows, self.splits, "", "", "", "", 7, "manual", None)
        return Version(MODEL, 1, self.challenger.artifact, lineage, "run")

    def against(self, champion: "Trained") -> Holdout:
        arena = enter(self.prepared.rows, self.splits, self.recipe, (self.challenger, champion.version()))
        return contest(arena, choose(arena))


@dataclass(frozen=True)
class Met:
    """A challenger beside one champion."""

    champion: str
    held: Holdout
    shared: int
    """Rows of the holdout that the champion had seen, counted by pandas."""

    @property
    def in_all(self) -> int:
        return len(self.held.labels) + self.held.seen_rows_removed

    def compared(self) -> Comparison:
        held = self.held
        assert held.champion is not None
        pair = Pair(held.labels, held.challenger, held.champion, held.days)
        return compare(pair, PairedTest(find_metric("roc_auc"), ALPHA, RESAMPLES, 7))

    def line(self) -> list[str]:
        compared, share = self.compared(), self.held.seen_rows_removed / self.in_all
        counts = (self.in_all, self.shared, self.held.seen_rows_removed)
        gain = f"{100 * compared.difference:+.2f} ± {100 * compared.error:.2f}"
        return [self.champion, *(f"{count:,}" for count in counts), f"{100 * share:.1f} %", gain]


def study(_: Runner) -> Section:
    with TemporaryDirectory() as folder:
        found = _meet(Path(folder))
    wrong = [met.champion for met in found if met.held.seen_rows_removed != met.shared]
    return Section(
        title="A champion that has seen the holdout",
        shows=(
            "Rows of the holdout that the champion was trained or chosen on are taken out, and their number is right "
            "to the row."
        ),
        missed=(f"the count is wrong: {', '.join(wrong)}",) if wrong else (),
        parts=(_table(found),),
        simulated=(
            f"Measured on the real flights: the shipped model is trained as of {AS_OF:%d %B %Y}, and meets two "
            "champions that were trained in the same way as of other days. Beside the gate's count, by row keys from "
            "lineage, is one by pandas: the labelled rows of the two snapshots' windows, merged on the key's columns. "
            "The gain is on the rows left, with its standard error over days."
        ),
    )


def _table(found: list[Met]) -> Table:
    head = (
        "champion",
        "rows of the holdout",
        "seen, by pandas",
        "seen, by the gate",
        "share",
        "gain, points of ROC AUC",
    )
    return Table(head, [met.line() for met in found])


def _meet(home: Path) -> list[Met]:
    shipped = load_settings({})
    settings = Settings(shipped.project, home, shipped.threads, None)
    challenger = _train(settings, AS_OF)
    champions = {name: _train(settings, as_of) for name, as_of in CHAMPIONS.items()}
    return [Met(name, challenger.against(c), _shared(challenger, c)) for name, c in champions.items()]


def _train(settings: Settings, as_of: datetime) -> Trained:
    spec = load_spec(MODEL, settings.specs)
    recipe = Recipe(spec, load_contract(MODEL, settings.contracts), settings.threads)
    found = ingest(spec, recipe.contract, settings, as_of)
    prepared = prepare(found, spec, recipe.contract, folder=settings.of(MODEL), as_of=as_of)
    splits = split(spec, as_of)
    folder = settings.home / f"run-{as_of:%Y%m%dT%H%M}"
    return Trained(as_of, recipe, prepared, splits, make_challenger(prepared.rows, splits, recipe, folder))


def _shared(challenger: Trained, champion: Trained) -> int:
    """Count the rows of the challenger's holdout that the champion had seen, without any of the code under test."""
    import pandas as pd

    key = ["scheduled_departure", "carrier", "flight"]
    judged, learned = (pd.read_parquet(t.prepared.rows.uri, columns=[*key, "late"]) for t in (challenger, champion))
    end = pd.Timestamp(challenger.as_of - _DELAY)
    departure = judged["scheduled_departure"]
    judged = judged[(departure >= end - _WEEKS) & (departure < end) & judged["late"].notna()]
    seen_until = pd.Timestamp(champion.as_of - _DELAY - _WEEKS - _DELAY)
    learned = learned[(learned["scheduled_departure"] < seen_until) & learned["late"].notna()]
    return len(judged.merge(learned[key], on=key))
