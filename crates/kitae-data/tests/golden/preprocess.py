"""Writes preprocess.json: small columns and what scikit-learn makes of them.

    python3 preprocess.py > preprocess.json

The tests read only the JSON file. Made with scikit-learn 1.9.1.
"""

import json

import numpy as np
from scipy.stats import norm
from sklearn.preprocessing import QuantileTransformer, RobustScaler, StandardScaler

RANDOM = np.random.default_rng(0)

COLUMNS = {
    "even": np.arange(20.0),
    "skewed": np.round(RANDOM.lognormal(size=400), 6),
    "tied": np.floor(RANDOM.exponential(3.0, size=150)),
    "few": np.array([3.0, -1.0, 4.0, 1.5]),
    "many": np.round(RANDOM.normal(1e6, 3.0, size=901), 3),
}


def made_of(train):
    spread = train.max() - train.min()
    between = (train[:10] + train[1:11][: len(train[:10])]) / 2 if len(train) > 10 else train
    test = np.concatenate([train[:12], between, [train.min() - spread, train.max() + spread, train.mean()]])

    def scaled(scaler):
        return scaler.fit(train[:, None]).transform(test[:, None])[:, 0]

    robust = scaled(RobustScaler())
    # scikit-learn lowers the number of quantiles to the number of rows; kitae's definition does not.
    n_quantiles = max(min(len(train) // 30, 1000), 10)
    evenly = np.quantile(train, np.linspace(0, 1, n_quantiles)) if n_quantiles > len(train) else train
    quantile = QuantileTransformer(n_quantiles=n_quantiles, output_distribution="normal", subsample=None)
    normal = quantile.fit(evenly[:, None]).transform(test[:, None])[:, 0]
    # kitae's deviation: a least or largest value that several quantiles share has the middle of their ranks.
    knots = quantile.quantiles_[:, 0]
    for edge in (knots[0], knots[-1]):
        shared = quantile.references_[knots == edge]
        if len(shared) > 1:
            normal[test == edge] = norm.ppf(shared.mean())
    return {
        "train": train.tolist(),
        "test": test.tolist(),
        "robust_smooth_clip": (robust / np.sqrt(1 + (robust / 3) ** 2)).tolist(),
        "standardise": scaled(StandardScaler()).tolist(),
        "quantile_normal": normal.tolist(),
    }


print(json.dumps({name: made_of(column) for name, column in COLUMNS.items()}, indent=1))
