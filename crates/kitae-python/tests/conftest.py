"""Tables and models that the tests share."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import kitae

DATASETS = Path(__file__).parents[3] / "datasets"
QUICK = {"preset": "fast", "epochs": 5, "hidden": [16]}


@pytest.fixture(scope="session")
def command() -> str:
    """The binary of the command line."""
    return os.environ["KITAE"]


def made(n_rows: int = 240) -> pd.DataFrame:
    """Cells of each kind, some missing."""
    random = np.random.default_rng(3)
    area = random.gamma(5.0, 20.0, n_rows)
    city = random.choice(["Kyoto", "Nara", "Osaka"], n_rows)
    rooms = random.integers(1, 7, n_rows)
    frame = pd.DataFrame(
        {
            "area": area,
            "rooms": rooms,
            "share": random.random(n_rows).astype(np.float32),
            "garden": random.random(n_rows) < 0.4,
            "city": pd.Categorical(city),
            "street": random.choice(["Aoi 1", "Sakura, 2", 'the "old" road'], n_rows).astype(object),
            "sold": pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 700, n_rows), unit="D"),
            "seen": pd.Timestamp("2024-01-01 08:30") + pd.to_timedelta(random.integers(0, 10**6, n_rows), unit="s"),
        }
    )
    frame.loc[::11, "area"] = np.nan
    frame.loc[::13, "city"] = np.nan
    frame.loc[::17, "street"] = None
    frame.loc[::19, "sold"] = pd.NaT
    worth = area * (1.0 + (city == "Kyoto")) + 10.0 * rooms + random.normal(0.0, 5.0, n_rows)
    frame["price"] = np.round(worth, 2)
    return frame


@pytest.fixture(scope="session")
def houses() -> pd.DataFrame:
    return made()


@pytest.fixture(scope="session")
def model(houses: pd.DataFrame) -> kitae.Model:
    """A regression with sealed rows."""
    return kitae.train(houses, "price", **QUICK)


@pytest.fixture(scope="session")
def iris() -> pd.DataFrame:
    return pd.read_csv(DATASETS / "iris" / "data.csv")
