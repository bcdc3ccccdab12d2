"""Writes test-fixtures/golden/selector/*.json and golden/metrics/reliability.json, by scikit-learn and scipy in float64.

What the selector's learning primitives must agree with. `normal-scores`: quantiles of the normal distribution, normal scores by ranks and against a
reference. `logistic-regression`: coefficients of LogisticRegression on dense and on sparse rows, with and without row weights. `boosted-trees`:
decisions and splits of HistGradientBoostingClassifier. `calibration`: Platt scaling. And of the metrics, `reliability`: reliability curve and Brier
score of the same draws.
"""

from __future__ import annotations

import json

import numpy as np
from common import GOLDEN, write_sidecar
from scipy import optimize, sparse, special, stats
from sklearn.calibration import calibration_curve
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss

SEED = 41
WORDS = "a an be bear cat dog do door eat fish go he is it lion man no of one red see she sun that the tree we with you zoo über".split()


def write(name: str, value: dict[str, object], package: str = "selector") -> None:
    path = GOLDEN / package / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    # Without the line a number that write_json takes, which would double the size.
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    write_sidecar(path, __file__, SEED, ("numpy", "scipy", "scikit-learn"), [])


def nullable(values: np.ndarray) -> list[float | None]:
    """JSON has no NaN."""
    return [None if np.isnan(value) else float(value) for value in values]


def normal_scores(random: np.random.Generator) -> None:
    probabilities = np.concatenate([np.linspace(0.001, 0.999, 41), 10.0 ** -np.arange(4, 301, 37), 1 - 10.0 ** -np.arange(4, 16, 3)])
    values = np.concatenate([random.normal(size=20).round(1), [3.0, 3.0, 3.0], random.exponential(size=10)])
    with_missing = values.copy()
    with_missing[[2, 30]] = np.nan
    known = with_missing[~np.isnan(with_missing)]
    scores = np.full(len(values), np.nan)
    scores[~np.isnan(with_missing)] = special.ndtri((stats.rankdata(known) - 0.5) / len(known))
    reference, n = np.sort(known), len(known)
    fresh = np.concatenate([random.normal(size=20).round(1), [-100.0, 100.0, 3.0]])
    share = (np.searchsorted(reference, fresh, "left") + np.searchsorted(reference, fresh, "right")) / (2 * n)
    write(
        "normal-scores",
        {
            "quantiles": [{"probability": float(p), "quantile": float(special.ndtri(p))} for p in probabilities],
            "values": nullable(with_missing),
            "scores": nullable(scores),
            "fresh": fresh.tolist(),
            "freshScores": special.ndtri(np.clip(share, 0.5 / n, 1 - 0.5 / n)).tolist(),
        },
    )


def draw_documents(random: np.random.Generator, count: int) -> list[list[str]]:
    frequency = 1 / np.arange(1, len(WORDS) + 1)
    return [random.choice(WORDS, size=random.integers(0, 16), p=frequency / frequency.sum()).tolist() for _ in range(count)]


def csr(matrix: sparse.csr_matrix) -> list[dict[str, list[float]]]:
    matrix.sort_indices()
    rows = [matrix[i] for i in range(matrix.shape[0])]
    return [{"indices": row.indices.tolist(), "values": row.data.tolist()} for row in rows]


def word_rows(random: np.random.Generator) -> tuple[sparse.csr_matrix, np.ndarray]:
    # 8 documents more than are used: without them all numbers drawn afterwards would change.
    documents = draw_documents(random, 68)[:60]
    model = TfidfVectorizer(
        tokenizer=list, preprocessor=None, lowercase=False, token_pattern=None, ngram_range=(1, 2), sublinear_tf=True, min_df=3
    )  # fmt: skip
    return model.fit_transform(documents), random.uniform(size=60) < 0.5


def logistic_case(rows: np.ndarray | sparse.csr_matrix, labels: np.ndarray, c: float, weights: np.ndarray | None) -> dict[str, object]:
    fits = [
        LogisticRegression(C=c, solver=solver, tol=1e-13, max_iter=100_000).fit(rows, labels, weights) for solver in ("newton-cg", "lbfgs")
    ]
    if not np.allclose(fits[0].coef_, fits[1].coef_, rtol=1e-5, atol=1e-5):
        raise ValueError(f"scikit-learn's solvers disagree at C={c}: {np.abs(fits[0].coef_ - fits[1].coef_).max()}")
    fit = fits[0]
    return {
        "inversePenalty": c,
        "weights": None if weights is None else weights.tolist(),
        "coefficients": fit.coef_[0].tolist(),
        "intercept": float(fit.intercept_[0]),
        "decisions": fit.decision_function(rows).tolist(),
    }


def logistic_regression(random: np.random.Generator, sparse_rows: sparse.csr_matrix, sparse_labels: np.ndarray) -> None:
    dense = (random.normal(size=(80, 6)) * [1, 1, 1, 10, 0.1, 1]).round(4)
    dense[:, 5] = 2
    labels = dense @ [1, -1, 0.5, 0.05, 3, 0] + random.logistic(size=80) > 0.7
    weights = random.choice([0.0, 0.5, 1.0, 3.0], size=80)
    sparse_weights = random.choice([0.5, 1.0, 3.0], size=len(sparse_labels))
    write(
        "logistic-regression",
        {
            "dense": {
                "rows": dense.tolist(),
                "labels": labels.tolist(),
                "cases": [logistic_case(dense, labels, c, w) for c, w in ((1.0, None), (0.01, None), (30.0, None), (1.0, weights))],
            },
            "sparse": {
                "numFeatures": sparse_rows.shape[1],
                "rows": csr(sparse_rows),
                "labels": sparse_labels.tolist(),
                "cases": [logistic_case(sparse_rows, sparse_labels, c, w) for c, w in ((1.0, None), (10.0, sparse_weights))],
            },
        },
    )


def splits(model: HistGradientBoostingClassifier) -> list[list[list[float | None]]]:
    """Per tree its nodes, a node before those below it: [feature, threshold, missing left, value], feature null in a leaf."""
    trees = []
    for (predictor,) in model._predictors:
        nodes = predictor.nodes
        trees.append(
            [
                [None, None, None, float(node["value"])]
                if node["is_leaf"]
                else [
                    int(node["feature_idx"]),
                    None if np.isinf(node["num_threshold"]) else float(node["num_threshold"]),
                    int(node["missing_go_to_left"]),
                    None,
                ]
                for node in nodes
            ]
        )
    return trees


def boosted_case(
    rows: np.ndarray, labels: np.ndarray, fresh: np.ndarray, weights: np.ndarray | None, shown_trees: int, **options: float
) -> dict[str, object]:
    settings = {"max_iter": 120, "learning_rate": 0.06, "max_leaf_nodes": 8, "min_samples_leaf": 15, "l2_regularization": 5.0, "max_bins": 255}
    settings |= options
    model = HistGradientBoostingClassifier(early_stopping=False, **settings).fit(rows, labels, weights)
    return {
        "options": {
            "numTrees": settings["max_iter"],
            "learningRate": settings["learning_rate"],
            "maxLeaves": settings["max_leaf_nodes"],
            "minRowsPerLeaf": settings["min_samples_leaf"],
            "l2": settings["l2_regularization"],
            "maxBins": settings["max_bins"],
        },
        "rows": [nullable(row) for row in rows],
        "labels": labels.tolist(),
        "weights": None if weights is None else weights.tolist(),
        "fresh": [nullable(row) for row in fresh],
        "baseline": float(model._baseline_prediction[0, 0]),
        "decisions": model.decision_function(rows).tolist(),
        "freshDecisions": model.decision_function(fresh).tolist(),
        "trees": splits(model)[:shown_trees],
    }


def boosted_trees(random: np.random.Generator) -> None:
    def draw(count: int, width: int) -> np.ndarray:
        return random.normal(size=(count, width)).round(3)

    def label(rows: np.ndarray) -> np.ndarray:
        known = np.nan_to_num(rows)
        return known[:, 0] + known[:, 1] * known[:, 2] + random.logistic(size=len(rows)) * 0.7 > 0.3

    many, few = draw(320, 4), draw(120, 4)
    missing = draw(160, 5)
    missing[random.uniform(size=missing.shape) < 0.2] = np.nan
    missing[:, 4] = np.where(random.uniform(size=160) < 0.5, np.nan, 1.0)
    missing_labels = label(missing) | (np.isnan(missing[:, 4]) & (random.uniform(size=160) < 0.5))
    few[:, 3] = 7
    fresh = draw(60, 5)
    with_missing = fresh.copy()
    with_missing[random.uniform(size=fresh.shape) < 0.2] = np.nan
    write(
        "boosted-trees",
        {
            # More distinct values than bins: quantiles.
            "quantiles": boosted_case(many, label(many), with_missing[:30, :4], None, 6),
            "weighted": boosted_case(
                many[:200, :3], label(many[:200]), with_missing[30:, :3], random.choice([0.0, 0.3, 1.0, 2.0], size=200), 6, max_bins=64
            ),
            "missing": boosted_case(missing, missing_labels, with_missing, None, 8, min_samples_leaf=5),
            # One of the features is constant; whole numbers, deep trees, no penalty.
            "discrete": boosted_case(
                (few * 2).round(), label(few), (fresh[:, :4] * 2).round(), None, 6,
                max_iter=20, learning_rate=0.3, max_leaf_nodes=16, min_samples_leaf=1, l2_regularization=0.0, max_bins=16,
            ),
        },
    )  # fmt: skip


def platt(scores: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    positive, negative = weights[labels].sum(), weights[~labels].sum()
    targets = np.where(labels, (positive + 1) / (positive + 2), 1 / (negative + 2))

    def gradient(parameters: np.ndarray) -> np.ndarray:
        errors = weights * (special.expit(parameters[0] * scores + parameters[1]) - targets)
        return np.array([errors @ scores, errors.sum()])

    solution = optimize.root(gradient, [0.5, 0.0], method="hybr", tol=1e-15)
    if np.abs(gradient(solution.x)).max() > 1e-10:
        raise ValueError(solution.message)
    return float(solution.x[0]), float(solution.x[1])


def calibration(random: np.random.Generator) -> None:
    scores = random.normal(size=100).round(4) * 2
    labels = random.uniform(size=100) < special.expit(1.3 * scores - 0.4)
    weights = random.choice([0.5, 1.0, 4.0], size=100)
    probabilities = special.expit(scores)
    frequency, mean = calibration_curve(labels, probabilities, n_bins=10, strategy="quantile")
    cases = [(None, platt(scores, labels, np.ones(100))), (weights.tolist(), platt(scores, labels, weights))]
    write(
        "calibration",
        {
            "scores": scores.tolist(),
            "labels": labels.tolist(),
            "platt": [{"weights": w, "slope": slope, "offset": offset} for w, (slope, offset) in cases],
        },
    )
    write(
        "reliability",
        {
            "labels": labels.tolist(),
            "probabilities": probabilities.tolist(),
            "reliability": {"meanPredicted": mean.tolist(), "observedFrequency": frequency.tolist()},
            "brierScore": float(brier_score_loss(labels, probabilities)),
        },
        "metrics",
    )


def main() -> None:
    random = np.random.default_rng(SEED)
    normal_scores(random)
    logistic_regression(random, *word_rows(random))
    boosted_trees(random)
    calibration(random)


if __name__ == "__main__":
    main()
