"""Writes test-fixtures/golden/metrics/paired-tests.json: paired t tests, exact sign-flip tests and Holm's correction, by scipy and statsmodels.

`tests` holds pairs of figures with the mean difference, the 95 % t interval, the two-sided p value of ttest_rel and the exact p value of
permutation_test; `student` two-sided tail probabilities and 95 % points of the t distribution; `holm` families of p values.
"""

from __future__ import annotations

import numpy as np
from common import GOLDEN, write_json, write_sidecar
from scipy import stats
from statsmodels.stats.multitest import multipletests

SEED = 23
SIZES = [2, 3, 5, 8, 12, 20]


def paired(first: np.ndarray, second: np.ndarray) -> dict[str, object]:
    result = stats.ttest_rel(first, second)
    interval = result.confidence_interval(0.95)
    flips = None
    if len(first) <= 12:
        flips = stats.permutation_test(
            (first, second),
            lambda x, y, axis=-1: np.mean(x - y, axis=axis),
            permutation_type="samples",
            n_resamples=np.inf,
            vectorized=True,
        ).pvalue
    return {
        "first": first.tolist(),
        "second": second.tolist(),
        "meanDifference": float(np.mean(first - second)),
        "low": float(interval.low),
        "high": float(interval.high),
        "pValue": float(result.pvalue),
        "signFlipP": None if flips is None else float(flips),
    }


def main() -> None:
    random = np.random.default_rng(SEED)
    tests = []
    for size in SIZES:
        for shift in (0.0, 1.0, 8.0):
            first = random.normal(30, 2, size)
            tests.append(paired(first, first + shift + random.normal(0, 1.5, size)))
    # Whole numbers: sums of different sign patterns are equal.
    tests.append(paired(np.array([3.0, 5.0, 2.0, 8.0, 4.0]), np.array([2.0, 6.0, 0.0, 6.0, 4.0])))
    student = [
        {"t": t, "degreesOfFreedom": df, "tail": float(2 * stats.t.sf(t, df))}
        for df in (1, 2, 3, 4, 5, 9, 15, 30, 121)
        for t in (0.0, 0.01, 0.5, 0.7, 1.0, 2.0, 5.0, 20.0, 1000.0)
    ]
    quantiles = [{"degreesOfFreedom": df, "t": float(stats.t.ppf(0.975, df))} for df in (1, 2, 3, 4, 9, 29, 120)]
    families = [[0.01, 0.04, 0.03], [0.5], [0.2, 0.2, 0.2], random.uniform(0, 0.2, 12).tolist(), (random.uniform(0, 1, 30) ** 4).tolist()]
    holm = [{"pValues": family, "adjusted": multipletests(family, method="holm")[1].tolist()} for family in families]
    path = GOLDEN / "metrics" / "paired-tests.json"
    write_json(path, {"tests": tests, "student": student, "quantiles": quantiles, "holm": holm})
    write_sidecar(path, __file__, SEED, ("numpy", "scipy", "statsmodels"), [])


if __name__ == "__main__":
    main()
