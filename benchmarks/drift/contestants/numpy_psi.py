"""PSI of every column in bare numpy: ten bins by the reference's quantiles, words by their shares, no threshold."""

import sys

import numpy as np
import pandas as pd


def psi(reference: "pd.Series[float]", current: "pd.Series[float]") -> float:
    if reference.dtype.kind in "iuf":
        edges = np.unique(np.nanquantile(reference, np.linspace(0, 1, 11)))[1:-1]
        shares = [np.bincount(np.digitize(x.dropna(), edges), minlength=len(edges) + 1) for x in (reference, current)]
    else:
        words = pd.Index(reference.dropna().unique())
        shares = [
            np.bincount(words.get_indexer(x.dropna()) + 1, minlength=len(words) + 1) for x in (reference, current)
        ]
    p, q = (np.maximum(share / max(share.sum(), 1), 1e-4) for share in shares)
    return float(((p - q) * np.log(p / q)).sum())


def main() -> None:
    columns = sys.argv[3].split(",")
    reference, current = (pd.read_parquet(path, columns=columns) for path in sys.argv[1:3])
    print({name: psi(reference[name], current[name]) > 0.2 for name in columns})


if __name__ == "__main__":
    main()
