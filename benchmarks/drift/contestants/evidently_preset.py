"""Evidently's drift preset, with its own choice of tests or with PSI for all columns."""

import sys

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset


def main() -> None:
    columns, method = sys.argv[3].split(","), sys.argv[4]
    reference, current = (pd.read_parquet(path, columns=columns) for path in sys.argv[1:3])
    for frame in (reference, current):
        for name in frame.select_dtypes("category"):
            frame[name] = frame[name].astype(str)
    numbers = [name for name in columns if reference[name].dtype.kind in "iuf"]
    asked = DataDefinition(numerical_columns=numbers, categorical_columns=[n for n in columns if n not in numbers])
    sides = [Dataset.from_pandas(frame, data_definition=asked) for frame in (current, reference)]
    how = {"num_method": "psi", "cat_method": "psi"} if method == "psi" else {}
    found = Report([DataDriftPreset(**how)], include_tests=True).run(*sides).dict()
    print({test["metric_config"]["params"].get("column"): test["status"] == "FAIL" for test in found["tests"]})


if __name__ == "__main__":
    main()
