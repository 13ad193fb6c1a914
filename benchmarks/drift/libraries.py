"""What two libraries say of many windows at once, with their defaults and without the pictures they also make."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray

Verdicts = Callable[[FloatArray, FloatArray], npt.NDArray[np.bool_]]
"""(reference, shape (rows, columns); windows, shape (windows, rows, columns)) → drifted, shape (windows, columns)."""


def evidently(reference: FloatArray, windows: FloatArray) -> npt.NDArray[np.bool_]:
    """Return the verdict of the tests that Evidently's default preset takes, without the pictures it also makes."""
    import pandas as pd
    from evidently.legacy.calculations.stattests import get_stattest
    from evidently.legacy.core import ColumnType

    number = ColumnType.Numerical
    # No test depends on the order of the rows, and sorting what is sorted takes a third of the time.
    known = [pd.Series(column) for column in np.sort(reference, axis=0).T]
    seen = [[pd.Series(column) for column in window.T] for window in np.sort(windows, axis=1)]
    test = get_stattest(known[0], seen[0][0], number, None)
    pairs = [list(zip(known, window, strict=True)) for window in seen]
    return np.array([[bool(test(was, now, number, None).drifted) for was, now in window] for window in pairs])


def nannyml(reference: FloatArray, windows: FloatArray) -> npt.NDArray[np.bool_]:
    """Return the alerts of NannyML's univariate drift calculator with its defaults."""
    import pandas as pd
    from nannyml import UnivariateDriftCalculator

    names = [f"c{place}" for place in range(reference.shape[1])]
    calculator = UnivariateDriftCalculator(column_names=names, chunk_size=windows.shape[1])
    calculator.fit(pd.DataFrame(reference, columns=names))
    seen = calculator.calculate(pd.DataFrame(windows.reshape(-1, len(names)), columns=names))
    found = seen.filter(period="analysis").to_df()
    return np.column_stack([found[name].xs("alert", axis=1, level=1).to_numpy().any(axis=1) for name in names])


LIBRARIES: Mapping[str, Verdicts] = {"evidently": evidently, "nannyml": nannyml}
