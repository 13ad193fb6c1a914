"""From a file to a draft, and whether the draft can be used as it is."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from deployments.init_answer import init
from tasks.data.contract import check_contract, load_contract
from tasks.drafting.draft import Draft, draft
from tasks.drafting.findings import TRAPS as TOPICS
from tasks.drafting.questions import Question, take_defaults
from tasks.drafting.wishes import Wishes
from tasks.errors import DataRefused, PerennialError, SettingsError, SpecError
from tasks.settings import load_settings
from tasks.spec import RowsClock, load_spec
from tests.drafting.tables import BUNDLED, TRAPS, Table, loans

NOW = datetime(2026, 11, 28, tzinfo=UTC)
QUICK = [table for table in (*BUNDLED, *TRAPS) if table.name in ("clean", "leaked_sum", "ids", "german", "pieces")]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is to become a project."""
    folder = tmp_path / "new"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("PERENNIAL_PROJECT", raising=False)
    monkeypatch.setenv("PERENNIAL_HOME", str(tmp_path / "home"))
    return folder


@pytest.fixture
def drafted(place: Path) -> Callable[..., Draft]:
    def make(table: Table) -> Draft:
        table.write(place / f"{table.name}.csv")
        wishes = Wishes(f"{table.name}.csv", table.target, table.name)
        return draft(wishes, load_settings(founding=True), NOW, take_defaults)

    return make


def write(folder: Path, rows: int = 60, *, name: str = "rows.csv", header: str = "a,b,y") -> Path:
    path = folder / name
    path.write_text(
        "\n".join([header, *(f"{(n * 37) % 101 / 7:.3f},{'uvw'[n % 3]},{n * 7 % 5 % 2}" for n in range(rows))]) + "\n"
    )
    return path


@pytest.mark.parametrize("table", QUICK, ids=lambda table: table.name)
def test_what_is_planted_is_found_and_nothing_else(table: Table, drafted: Callable[[Table], Draft]) -> None:
    found = drafted(table)

    told = {(one.topic, name) for one in found.findings if one.topic in TOPICS for name in one.columns or ("",)}
    assert told == set(table.planted)
    assert found.quarantined < 0.01


@pytest.mark.parametrize("table", [table for table in QUICK if table.name in ("ids", "german")], ids=lambda t: t.name)
def test_spec_and_contract_that_are_written_are_valid_and_as_ruff_would_write_them(table: Table, place: Path) -> None:
    table.write(place / "rows.csv")

    answer = init(Wishes("rows.csv", table.target, "drafted"), "2026-11-28", quietly=True)

    settings = load_settings()
    spec, contract = load_spec("drafted", settings.specs), load_contract("drafted", settings.contracts)
    check_contract(contract, spec)
    assert settings.project == place
    assert spec.source.uri == "rows.csv"
    for words in (["check"], ["format", "--check"]):
        command = [
            sys.executable,
            "-m",
            "ruff",
            *words,
            "--config",
            str(ROOT / "pyproject.toml"),
            answer.facts["contract"],
        ]
        subprocess.run(command, check=True, capture_output=True)


def test_leaks_are_outcomes_with_the_figure_and_one_word_puts_them_back(drafted: Callable[[Table], Draft]) -> None:
    found = drafted(next(table for table in TRAPS if table.name == "ids"))

    assert "decision: Series[str] = known(metadata=OUTCOME)" in found.contract
    assert "it is a copy of the target" in found.contract
    assert {"decision", "collection_case", "customer", "loan_id"}.isdisjoint(found.plan.features)


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        ("text", 'text = ["note"]', "note is free text: what its words say of the target is learned"),
        ("ids", 'target_statistics = ["branch_id"]', "branch_id has many values: each is taken as what its earlier"),
    ],
)
def test_words_and_ids_that_come_again_are_learned_from_with_the_reason(
    name: str, line: str, said: str, drafted: Callable[[Table], Draft]
) -> None:
    found = drafted(next(table for table in TRAPS if table.name == name))

    assert any(written.startswith(line) and "# " in written for written in found.spec.splitlines())
    assert any(one.sentence.startswith(said) for one in found.findings)


def test_a_file_sorted_by_its_target_is_spread_and_one_that_is_not_keeps_its_order(
    drafted: Callable[[Table], Draft], place: Path
) -> None:
    iris = drafted(BUNDLED[0]).plan.order.rows_clock
    write(place, 200)
    plain = draft(
        Wishes("rows.csv", "y", "rows"), load_settings(founding=True), NOW, take_defaults
    ).plan.order.rows_clock

    assert isinstance(iris, RowsClock)
    assert isinstance(plain, RowsClock)
    assert (iris.spread, plain.spread) == (150, 0)


def test_rows_that_stand_there_more_than_once_are_set_aside_though_no_column_names_them(
    drafted: Callable[[Table], Draft],
) -> None:
    twice = next(table for table in TRAPS if table.name == "loaded_twice")

    found = drafted(twice)

    assert 'repeated = "first"' in found.spec
    assert "120 rows repeat the loan_id of another, and all else of it" in found.spec


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["a,b,y", *["1,x,1"] * 30], "target y is 1 in every row"),
        (["a,b,y", *["1,x,"] * 30], "target y has no value in any row"),
        (["a,b,y", *(f"1,x,w{n}" for n in range(30))], "30 different values in 30 rows"),
        (["a,b,y", *(f"{n},x,{n % 2}" for n in range(10))], "10 rows have a label; at least 20 are needed"),
        (["y", *(f"{n % 2}" for n in range(30))], "has one column, y"),
        (["a,b,y"], "it has names of columns, and no rows"),
        (["a,b,y", "1,x,0", "1,x,0,9", "2,x,1"], "Row #3: Expected 3 columns, got 4"),
        (["a,b,y", '1,"x,0', "2,x,1"], "CSV parse error"),
    ],
)
def test_a_table_that_is_none_gets_one_line_and_leaves_no_file(lines: list[str], said: str, place: Path) -> None:
    (place / "rows.csv").write_text("\n".join(lines) + "\n")

    with pytest.raises(PerennialError, match=said):
        init(Wishes("rows.csv", "y", "rows"), None, quietly=True)

    assert [path.name for path in place.iterdir()] == ["rows.csv"]


def test_a_near_copy_is_asked_about_and_left_out_if_it_is_not_known_beforehand(place: Path) -> None:
    draw = np.random.default_rng(0)
    rows = loans(1500)
    rows["amount"] = 10 * rows["debt"] + draw.normal(0, 40, 1500)
    rows["billed"] = rows["amount"] + draw.normal(0, 0.1 * rows["amount"].std(), 1500)
    rows.drop(columns="defaulted").to_csv(place / "rows.csv", index=False)
    asked: list[Question] = []

    def ask(question: Question) -> str:
        asked.append(question)
        return "no" if question.about == "leak" else question.default

    found = draft(Wishes("rows.csv", "amount", "rows"), load_settings(founding=True), NOW, ask)

    assert [question.sentence.split(":")[0] for question in asked if question.about == "leak"] == ["billed"]
    assert found.plan.roles["billed"].use == "outcome"


def test_names_that_python_does_not_take_are_read_by_an_alias(place: Path) -> None:
    write(place, header='class,"wéight ""x"" (kg)",y')

    found = draft(Wishes("rows.csv", "y", "rows"), load_settings(founding=True), NOW, take_defaults)

    assert 'class_: Series[float] = known(alias="class"' in found.contract
    assert """weight_x_kg: Series[str] = known(alias='wéight "x" (kg)')""" in found.contract


def test_a_name_that_is_taken_is_not_written_over(place: Path) -> None:
    write(place)
    init(Wishes("rows.csv", "y", "rows"), None, quietly=True)
    spec = (place / "deployments" / "rows.toml").read_text()

    with pytest.raises(SpecError, match=r"rows\.toml exists already, and is not written over"):
        init(Wishes("rows.csv", "a", "rows"), None, quietly=True)

    assert (place / "deployments" / "rows.toml").read_text() == spec


def test_if_one_file_cannot_be_written_none_is(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(place)
    (place / "deployments").write_text("in the way")
    monkeypatch.setenv("PERENNIAL_PROJECT", str(place))

    with pytest.raises(OSError, match="deployments"):
        init(Wishes("rows.csv", "y", "rows"), None, quietly=True)

    assert not (place / "data_contracts" / "rows.py").exists()
    assert not list((load_settings().of("rows")).rglob("*.html"))


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        ({"target": "yy"}, r'--target: rows.csv has no column \'yy\'; did you mean "y"\?'),
        ({"time": "b"}, r"--time: b does not say a time in every row: found \['u'\]"),
        ({"key": ("b",)}, r"--key: 57 of 60 rows repeat the b of another"),
    ],
)
def test_a_wish_that_the_table_cannot_fulfil_is_told(wishes: dict[str, Any], said: str, place: Path) -> None:
    write(place)

    with pytest.raises(SettingsError, match=said):
        init(Wishes(**{"uri": "rows.csv", "target": "y", "model": "rows", **wishes}), None, quietly=True)


def test_a_table_of_which_nothing_is_left_to_learn_from_is_refused(place: Path) -> None:
    (place / "rows.csv").write_text("a,y\n" + "".join(f"x,{n % 2}\n" for n in range(50)))

    with pytest.raises(DataRefused, match=r"no column is left to predict y from. a: it has one value in all rows"):
        init(Wishes("rows.csv", "y", "rows"), None, quietly=True)


def test_the_report_shows_what_names_hold_as_text(place: Path) -> None:
    write(place, header="<script>alert(1)</script>,b,y")

    answer = init(Wishes("rows.csv", "y", "rows"), None, quietly=True)

    page = Path(answer.facts["report"]).read_text()
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert answer.facts["next"][0] in page


def test_a_database_s_table_is_drafted_and_one_without_a_time_is_refused(place: Path) -> None:
    import sqlite3

    with sqlite3.connect(place / "shop.db") as shop:
        shop.execute("create table orders (id integer, ordered_at text, price real, returned integer)")
        rows = [(n, f"2024-01-{n % 28 + 1:02d} {n % 24:02d}:00", (n * 37) % 101 / 7, n * 7 % 5 % 2) for n in range(400)]
        shop.executemany("insert into orders values (?, ?, ?, ?)", rows)
    shop.close()
    url = "sqlite:///shop.db"

    answer = init(Wishes(url, "returned", "orders", table="orders"), None, quietly=True)

    assert (answer.facts["timestamp"], answer.facts["key"]) == ("ordered_at", ["id"])
    with pytest.raises(DataRefused, match="a database has no order of rows; add a time to --query"):
        init(Wishes(url, "returned", "other", query="select id, price, returned from orders"), None, quietly=True)


def test_a_time_that_only_the_outcome_fills_is_a_leak_and_no_identifier(place: Path) -> None:
    rows = loans(2000)
    after = (pd.to_datetime(rows["created_at"]) + pd.Timedelta("3D")).dt.strftime("%Y-%m-%d %H:%M:%S")
    rows.assign(collected_at=after.where(rows["defaulted"] == 1)).to_csv(place / "rows.csv", index=False)

    found = draft(Wishes("rows.csv", "defaulted", "rows"), load_settings(founding=True), NOW, take_defaults)

    role = found.plan.roles["collected_at"]
    assert (role.use, role.leak) == ("outcome", True)
    assert "it is a time after the event in" in role.reason


def test_a_folder_of_parquet_is_drafted_by_the_types_that_it_has(place: Path) -> None:
    rows = loans(600).assign(
        created_at=lambda r: pd.to_datetime(r["created_at"]), region=lambda r: r["region"].astype("category")
    )
    (place / "loans").mkdir()
    for part in range(3):
        rows.iloc[part * 200 : part * 200 + 200].to_parquet(place / "loans" / f"{part}.parquet")

    found = draft(Wishes("loans", "defaulted", "loans"), load_settings(founding=True), NOW, take_defaults)

    assert (found.plan.rows, found.plan.order.timestamp, found.plan.order.key) == (600, "created_at", ("loan_id",))
    assert found.plan.features == ["income", "debt", "region"]


def test_an_index_that_pandas_wrote_without_a_name_is_passed_over(place: Path) -> None:
    loans(300).to_csv(place / "rows.csv")

    found = draft(Wishes("rows.csv", "defaulted", "rows"), load_settings(founding=True), NOW, take_defaults)

    assert found.plan.features == ["income", "debt", "region"]


def test_a_window_of_one_class_is_told_before_a_training_refuses_it(place: Path) -> None:
    rows = loans(600)
    rows["defaulted"] = rows["defaulted"].where(rows.index < 450, 0)
    rows.to_csv(place / "rows.csv", index=False)

    found = draft(Wishes("rows.csv", "defaulted", "rows"), load_settings(founding=True), NOW, take_defaults)

    assert "holdout has one class of defaulted alone: a training will refuse it; give it a longer window" in [
        one.sentence for one in found.findings
    ]
