from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from tasks.data.contract import Contract
from tasks.errors import DataRefused, RegistryError, SettingsError, SourceError
from tasks.monitoring.predictions.sheet import Filled, Sheet, fill
from tasks.release.artifact import load_artifact
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.standing import standing
from tasks.settings import Settings
from tasks.spec import ModelSpec

Fill = Callable[[str, str], Filled]


@pytest.fixture
def filled(spec: ModelSpec, contract: Contract, settings: Settings, tmp_path: Path) -> Fill:
    """Score one file of the test's folder into another."""
    return lambda source, target: fill(Sheet(tmp_path / source, tmp_path / target), spec, contract, settings)


@pytest.mark.usefixtures("champion")
@pytest.mark.parametrize("output", ["told.csv", "told.parquet"])
def test_a_file_without_labels_is_scored_in_its_order(
    filled: Fill, output: str, settings: Settings, tmp_path: Path, orders: pa.Table
) -> None:
    rows = orders.take(np.random.default_rng(0).permutation(20)).drop_columns(["returned", "refund"])
    pyarrow.csv.write_csv(rows, tmp_path / "new.csv")

    found = filled("new.csv", output)

    read = pq.read_table if output.endswith("parquet") else pyarrow.csv.read_csv
    told = read(tmp_path / output)
    champion = standing(Ledger(settings.ledger).entries("returns")).champion
    assert champion is not None
    model = load_artifact(champion.artifact_uri, champion.artifact)
    assert (found.version, found.rows, found.quarantined) == (1, 20, 0)
    assert told.column_names == ["order", "ordered_at", "prediction"]
    assert told["order"].to_pylist() == rows["order"].to_pylist()
    assert np.allclose(told["prediction"].to_numpy(), model.predict(rows), rtol=0, atol=1e-12)


@pytest.mark.usefixtures("champion")
def test_the_log_is_not_touched(filled: Fill, settings: Settings, tmp_path: Path, orders: pa.Table) -> None:
    before = len(Ledger(settings.ledger).entries("returns"))
    pq.write_table(orders.slice(0, 5), tmp_path / "new.parquet")

    filled("new.parquet", "told.csv")

    assert not (settings.of("returns") / "predictions").exists()
    assert len(Ledger(settings.ledger).entries("returns")) == before


@pytest.mark.usefixtures("champion")
def test_a_row_that_breaks_the_contract_is_left_out_and_counted(filled: Fill, tmp_path: Path, orders: pa.Table) -> None:
    price = pc.if_else(pc.equal(orders["order"], 3), -1.0, orders["price"])
    pq.write_table(orders.set_column(3, "price", price).slice(0, 5), tmp_path / "new.parquet")

    found = filled("new.parquet", "told.parquet")

    assert (found.rows, found.quarantined, found.failures) == (4, 1, {"price: not greater_than(0)": 1})
    assert pq.read_table(tmp_path / "told.parquet")["order"].to_pylist() == [0, 1, 2, 4]


@pytest.mark.usefixtures("champion")
def test_what_cannot_be_scored_is_one_clear_line(filled: Fill, tmp_path: Path, orders: pa.Table) -> None:
    pq.write_table(orders.drop_columns("price"), tmp_path / "less.parquet")

    with pytest.raises(SettingsError, match=r"new\.xlsx: found a file that ends in '\.xlsx'; allowed: \.csv and"):
        filled("new.xlsx", "told.csv")
    with pytest.raises(SourceError, match=r"nothing to read at .*gone\.csv"):
        filled("gone.csv", "told.csv")
    with pytest.raises(DataRefused, match="the source lacks column price"):
        filled("less.parquet", "told.csv")
    assert not list(tmp_path.glob("told*"))


def test_without_a_champion_no_file_is_scored(filled: Fill) -> None:
    with pytest.raises(RegistryError, match="returns: there is no champion to score with"):
        filled("new.csv", "told.csv")
