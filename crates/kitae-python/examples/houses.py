"""From a DataFrame to predictions with intervals, as in a notebook: prices of made houses."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import kitae
from kitae import KitaeRegressor

# %% A table as it comes: numbers, categories, dates, missing cells.
random = np.random.default_rng(0)
n_rows = 600
houses = pd.DataFrame(
    {
        "area": random.gamma(5.0, 20.0, n_rows),
        "city": random.choice(["Kyoto", "Nara", "Osaka"], n_rows),
        "built": pd.Timestamp("1980-01-01") + pd.to_timedelta(random.integers(0, 15_000, n_rows), unit="D"),
        "garden": random.random(n_rows) < 0.4,
    }
)
age = (pd.Timestamp("2025-01-01") - houses["built"]).dt.days / 365
price = houses["area"] * np.where(houses["city"] == "Kyoto", 6.0, 4.0) + 80 * houses["garden"] - 3 * age
price = (price + random.normal(0.0, 20.0, n_rows)).rename("price")
houses.loc[::9, "area"] = np.nan

# %% Fit, and see what rows say that no decision saw.
model = KitaeRegressor(preset="fast", seed=1).fit(houses[:500], price[:500])
print(model.model_)
print("R² on rows that were not there:", round(model.score(houses[500:], price[500:]), 3))
assert model.score(houses[500:], price[500:]) > 0.7

# %% Intervals that contain four of five prices.
ends = model.predict_interval(houses[500:], level=0.8)
covered = np.mean((ends[:, 0] <= price[500:]) & (price[500:] <= ends[:, 1]))
print(f"{covered:.0%} of the prices lie in their interval")
assert 0.65 < covered < 0.95

# %% The model folder is that of the command line; the graph runs wherever ONNX does.
with tempfile.TemporaryDirectory() as folder:
    model.model_.save(Path(folder, "houses"))
    again = kitae.load(Path(folder, "houses"))
    assert (again.predict(houses[500:]) == model.predict(houses[500:])).all()
    difference = again.export_onnx(Path(folder, "houses.onnx"), interval=0.8)
    print(f"the graph differs from kitae by at most {difference:.0e}")

# %% In a notebook, the name of a model alone shows its scores and learning curves.
assert "Learning curves" in again._repr_html_()
