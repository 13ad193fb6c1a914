"""NannyML's univariate drift calculator with its defaults, in its own environment."""

import sys

import nannyml as nml
import pandas as pd


def main() -> None:
    columns = sys.argv[3].split(",")
    reference, current = (pd.read_parquet(path, columns=columns) for path in sys.argv[1:3])
    for frame in (reference, current):
        for name in frame.select_dtypes(["object", "category", "string"]):
            frame[name] = frame[name].astype("category")
    size = min(len(current), len(reference) // 4)
    calculator = nml.UnivariateDriftCalculator(column_names=columns, chunk_size=size)
    found = calculator.fit(reference).calculate(current).filter(period="analysis").to_df()
    print({name: bool(found[name].xs("alert", axis=1, level=1).to_numpy().any()) for name in columns})


if __name__ == "__main__":
    main()
