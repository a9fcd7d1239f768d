"""Writes the reference numbers that the tests compare kitae-eval with.

Run it with scikit-learn 1.9.1, scipy 1.17.1 and mpmath 1.3.0 or later: python3 make.py
A metric is null where kitae-eval leaves it undefined; each such place says why.
"""

import json
import pathlib
import warnings

import mpmath
import numpy as np
from scipy import stats
from sklearn import metrics

HERE = pathlib.Path(__file__).parent


def ece(targets, p, n_bins=15):
    """Bins (i/15, (i+1)/15], as in Guo et al. 2017; scikit-learn has none."""
    confidence, hit = p.max(axis=1), p.argmax(axis=1) == targets
    edges, total = np.linspace(0, 1, n_bins + 1), 0.0
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            total += inside.mean() * abs(hit[inside].mean() - confidence[inside].mean())
    return total


def classification(name, targets, p):
    n_classes, labels = p.shape[1], np.arange(p.shape[1])
    present, predicted = np.unique(targets), p.argmax(axis=1)
    binary, complete = n_classes == 2, len(present) == n_classes
    one_hot = targets[:, None] == labels
    expected = {
        "accuracy": metrics.accuracy_score(targets, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(targets, predicted),
        "log_loss": metrics.log_loss(targets, p, labels=labels),
        "brier": metrics.brier_score_loss(targets, p, labels=labels),
        "f1": metrics.f1_score(targets, predicted, average="binary" if binary else "macro"),
        "mcc": metrics.matthews_corrcoef(targets, predicted),
        "auc": None,
        "average_precision": None,
        "ece": ece(targets, p),
    }
    # A class without rows has nothing to rank.
    if complete and binary:
        expected["auc"] = metrics.roc_auc_score(targets, p[:, 1])
        expected["average_precision"] = metrics.average_precision_score(targets, p[:, 1])
    elif complete:
        expected["auc"] = metrics.roc_auc_score(targets, p, multi_class="ovr", average="macro")
        expected["average_precision"] = metrics.average_precision_score(one_hot, p, average="macro")
    # With one true class there is nothing to balance or to correlate with.
    if len(present) == 1:
        expected["balanced_accuracy"] = expected["mcc"] = None
        # Nor is there an F1 of a class 1 that neither occurs nor is predicted.
        if binary and present[0] == 0 and not predicted.any():
            expected["f1"] = None
        if binary and present[0] == 1:
            expected["average_precision"] = metrics.average_precision_score(targets, p[:, 1])
    return {
        "name": name,
        "n_classes": n_classes,
        "targets": targets.tolist(),
        "probabilities": p.ravel().tolist(),
        "confusion": metrics.confusion_matrix(targets, predicted, labels=labels).tolist(),
        "expected": expected,
    }


def softmax(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def informed(rng, targets, n_classes, strength=1.5):
    return softmax(rng.normal(size=(len(targets), n_classes)) + strength * (targets[:, None] == np.arange(n_classes)))


def pair(p1):
    return np.column_stack([1 - p1, p1])


def classification_cases(rng):
    targets = rng.integers(0, 2, 200)
    yield classification("binary", targets, informed(rng, targets, 2))
    targets = (rng.random(300) < 0.05).astype(int)
    yield classification("binary, few of class 1", targets, informed(rng, targets, 2))
    targets = rng.integers(0, 2, 100)
    yield classification("binary with many ties", targets, pair(np.clip(rng.integers(0, 5, 100) + targets, 0, 5) / 5))
    yield classification("binary, certain and partly wrong", targets, pair((targets ^ (rng.random(100) < 0.1)) * 1.0))
    yield classification("binary, all predictions the same", targets, pair(np.full(100, 0.3)))
    yield classification("binary, only class 0", np.zeros(10, int), pair(rng.random(10) * 0.4))
    yield classification("binary, only class 1", np.ones(10, int), pair(rng.random(10)))
    targets = rng.integers(0, 3, 150)
    yield classification("three classes", targets, informed(rng, targets, 3))
    targets = rng.choice(7, 400, p=[0.5, 0.2, 0.1, 0.1, 0.05, 0.03, 0.02])
    yield classification("seven classes, uneven", targets, informed(rng, targets, 7))
    targets = rng.integers(0, 3, 60)
    yield classification("four classes, one of them without rows", targets, informed(rng, targets, 4, 0.5))
    targets = rng.integers(0, 4, 120)
    yield classification("four classes with ties", targets, rng.multinomial(4, [0.25] * 4, 120) / 4)


def pinball(targets, predicted, alpha):
    return metrics.mean_pinball_loss(targets, predicted, alpha=alpha)


def regression(name, targets, predicted):
    constant = (targets == targets[0]).all()
    return {
        "name": name,
        "targets": targets.tolist(),
        "predicted": predicted.tolist(),
        "expected": {
            "rmse": metrics.root_mean_squared_error(targets, predicted),
            "mae": metrics.mean_absolute_error(targets, predicted),
            # Without variance there is none to explain.
            "r2": None if constant else metrics.r2_score(targets, predicted),
            # No share of 0.
            "mape": None if (targets == 0).any() else metrics.mean_absolute_percentage_error(targets, predicted),
            "pinball_0.1": pinball(targets, predicted, 0.1),
            "pinball_0.5": pinball(targets, predicted, 0.5),
            "pinball_0.9": pinball(targets, predicted, 0.9),
        },
    }


def regression_cases(rng):
    targets = rng.normal(size=200)
    yield regression("good", targets, targets + 0.3 * rng.normal(size=200))
    yield regression("worse than the mean", targets, 2 * rng.normal(size=200))
    yield regression("large mean, small spread", 1e6 + targets, 1e6 + targets + 0.3 * rng.normal(size=200))
    yield regression("perfect", targets, targets)
    yield regression("constant targets", np.full(7, 0.1), rng.normal(size=7))
    yield regression("zeros in the targets", np.array([0.0, 1.0, 2.0]), np.array([0.5, 1.0, 1.0]))
    yield regression("one row", np.array([2.0]), np.array([3.0]))


def student_two_sided(t, degrees):
    """With 40 digits: scipy 1.17.1 has only 5 right of P(T <= 1e-6) - 1/2 with one degree of freedom."""
    t, degrees = mpmath.mpf(t), mpmath.mpf(degrees)
    return mpmath.betainc(degrees / 2, mpmath.mpf(1) / 2, 0, degrees / (degrees + t * t), regularized=True)


def student_cases():
    for degrees in [1, 2, 3, 4, 5, 9, 10, 29, 30, 79, 80, 81, 100, 1000, 100_000, 10_000_000, 2**32 - 1]:
        for t in [0.0, 1e-6, 0.1, 0.5, 0.999, 1.0, 1.5, 1.7, 2.0, 2.776, 5.0, 20.0, 30.0]:
            two_sided = student_two_sided(t, degrees)
            yield {"degrees": degrees, "t": t, "cdf": float(1 - two_sided / 2), "two_sided": float(two_sided)}


def quantile_cases():
    for degrees in [1, 2, 3, 4, 9, 30, 100, 1000, 100_000]:
        for probability in [1e-9, 0.001, 0.025, 0.2, 0.45, 0.6, 0.8, 0.95, 0.975, 0.9995]:
            tail = 2 * min(mpmath.mpf(probability), 1 - mpmath.mpf(probability))
            start = abs(float(stats.t.ppf(probability, degrees)))
            found = mpmath.findroot(lambda t: student_two_sided(t, degrees) / tail - 1, start)
            yield {"degrees": degrees, "probability": probability, "quantile": float(found) * (1 if probability > 0.5 else -1)}


def paired(differences, n_train, n_test):
    d, k = np.array(differences), len(differences)
    se = np.sqrt(d.var(ddof=1) * (1 / k + n_test / n_train))
    reach = stats.t.ppf(0.975, k - 1) * se
    plain = stats.t.interval(0.9, k - 1, loc=d.mean(), scale=stats.sem(d))
    return {
        "differences": differences,
        "n_train": n_train,
        "n_test": n_test,
        "mean": d.mean(),
        "standard_error": se,
        "t": d.mean() / se,
        "p_value": 2 * stats.t.sf(abs(d.mean() / se), k - 1),
        "low": d.mean() - reach,
        "high": d.mean() + reach,
        "smallest_effect": reach + stats.t.ppf(0.8, k - 1) * se,
        "plain_90": list(plain),
    }


def paired_cases(rng):
    yield paired([0.02, 0.01, 0.03, -0.01, 0.015], 80, 20)
    yield paired([0.5, -0.25], 1, 1)
    yield paired((0.1 + rng.normal(size=15)).tolist(), 90, 10)
    yield paired((3 + 0.01 * rng.normal(size=10)).tolist(), 900, 100)


def holm(p):
    """By the definition: the largest of (m - j) p_(j) over the smaller ones, at most 1."""
    p = np.array(p)
    order = np.argsort(p, kind="stable")
    adjusted = np.minimum(np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p)))), 1)
    result = np.empty(len(p))
    result[order] = adjusted
    return result.tolist()


def write(name, cases):
    lines = ",\n".join(json.dumps(case) for case in cases)
    (HERE / name).write_text(f"[\n{lines}\n]\n")


mpmath.mp.dps = 40
warnings.simplefilter("ignore")
write("classification.json", classification_cases(np.random.default_rng(1)))
write("regression.json", regression_cases(np.random.default_rng(2)))
write("student.json", student_cases())
write("quantile.json", quantile_cases())
write("paired.json", paired_cases(np.random.default_rng(3)))
P_VALUES = [[0.01, 0.04, 0.03, 0.005], [0.5], [0.9, 0.8, 0.001], [0.02, 0.02, 0.02], [0.0, 1.0]]
write("holm.json", [{"p_values": p, "adjusted": holm(p)} for p in P_VALUES])
