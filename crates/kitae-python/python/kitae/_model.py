"""Models: trained, loaded, asked, saved."""

from __future__ import annotations

import html
import json
import os
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _kitae
from ._arguments import ARGUMENTS, checked, described, signature
from ._progress import teller
from ._table import rows_of

if TYPE_CHECKING:
    from typing import Unpack

    from ._arguments import Arguments

# Made anew from the others whenever a model is saved.
_PAGE = "report.html"


def train(table: Any, target: str, **arguments: Unpack[Arguments]) -> Model:
    progress = teller(arguments.pop("progress", None))
    given = checked(ARGUMENTS, arguments, "train")
    return Model(_kitae.train(rows_of(table), target, given, progress))


train.__signature__ = signature(["table", "target"], ARGUMENTS)  # type: ignore[attr-defined]
train.__doc__ = f"""Trains a model that predicts the column `target`, as `kitae train` does.

`table` is a DataFrame of pandas or polars, a table of pyarrow, anything with `__arrow_c_stream__`, a dict of columns, or
the path of a CSV file. A fifth of the rows is sealed as test rows unless `test_size` says otherwise. `progress` is True
for a line on the standard error stream, or a function of the number of networks, how many are done, the share of all
epochs that is done, and the seconds. `recipe` is the path of a TOML file, or a dict of keys such as
`{{"optimiser.beta2": 0.99}}`.

{described(ARGUMENTS)}
"""


def load(folder: str | os.PathLike[str]) -> Model:
    """The model in a folder, which `kitae train` or `Model.save` wrote."""
    return Model(_kitae.Model.load(os.fspath(folder), True))


class Model:
    """A trained model, its scores and all that is known of it."""

    def __init__(self, model: _kitae.Model) -> None:
        self._model = model

    @property
    def folder(self) -> Path | None:
        """The folder that it was loaded from; None of a model that is in memory alone."""
        return self._model.folder

    @property
    def target(self) -> str:
        """The column that it predicts."""
        return self._model.target

    @property
    def class_names(self) -> list[str]:
        """Names of the classes, in the order of the probabilities; none of a regression."""
        return self._model.class_names

    @property
    def feature_names(self) -> list[str]:
        """The columns that it is fed with."""
        return self._model.feature_names

    @property
    def manifest(self) -> dict[str, Any]:
        """Everything about it but the numbers that were fitted: recipe, columns, scores, findings."""
        return json.loads(self._model.manifest())

    @property
    def scores(self) -> dict[str, float]:
        """Metrics on held-out rows, which no decision saw, in natural units; the heading one first."""
        return _values(self.manifest["scores"]["entries"])

    @property
    def findings(self) -> list[str]:
        """What was found out about the table, the worst first, and what mends it."""
        return self._model.findings()

    def predict(self, table: Any) -> np.ndarray:
        """The most likely class, or the value, of each row."""
        values = self._predicted(table, None)[0]
        if not self.class_names:
            return values[:, 0]
        return np.asarray(self.class_names, dtype=object)[values.argmax(axis=1)]

    def predict_proba(self, table: Any) -> np.ndarray:
        """The probability of each class, in the order of `class_names`."""
        if not self.class_names:
            raise AttributeError("predict_proba is for classes, and this model predicts a number")
        return self._predicted(table, None)[0]

    def predict_interval(self, table: Any, level: float = 0.9) -> np.ndarray:
        """What contains the target as often as `level` says: the two ends of an interval for each row; of classes a truth
        value for each, in the order of `class_names`."""
        regions = self._predicted(table, level)[1]
        return regions.astype(bool) if self.class_names else regions

    def _predicted(self, table: Any, level: float | None) -> tuple[np.ndarray, np.ndarray]:
        values, regions, told = self._model.predict(rows_of(table), level)
        for sentence in told:
            warnings.warn(sentence, stacklevel=3)
        return _array(values), _array(regions) if regions else np.empty((0, 0))

    def out_of_fold(self) -> tuple[np.ndarray, np.ndarray]:
        """The held-out rows, counted from 0, and what networks that had not seen them predicted for them."""
        rows, values = self._model.out_of_fold()
        return np.asarray(rows, dtype=np.int64), _array(values)

    def evaluate(self, table: Any, level: float | None = None) -> Evaluation:
        """Scores the model on rows with targets. Of its own training table the sealed rows are scored; each look is
        written down in the folder of the model."""
        scores, n_rows, text = self._model.evaluate(rows_of(table), level)
        return Evaluation(_values(json.loads(scores)), n_rows, text)

    def report(self) -> Report:
        """The page with the scores, the learning curves and what was found."""
        return Report(self._model.html(str(self.folder or "the model"), None))

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Writes a new model folder, which the command line reads too."""
        self._model.save(os.fspath(folder))

    def export_onnx(self, path: str | os.PathLike[str], interval: float | None = None) -> float:
        """Writes the whole model, preprocessing included, as one ONNX graph, with the ends of intervals of that level if
        one is given. The graph is compared with kitae first; returns the largest difference."""
        with tempfile.TemporaryDirectory() as parent:
            folder = self.folder or Path(parent, "model")
            if self.folder is None:
                self.save(folder)
            return _kitae.export_onnx(os.fspath(folder), os.fspath(path), interval)[1]

    def __reduce__(self) -> tuple[Any, ...]:
        with tempfile.TemporaryDirectory() as parent:
            folder = Path(parent, "model")
            self.save(folder)
            files = {file.name: file.read_bytes() for file in folder.iterdir() if file.name != _PAGE}
        return _of_files, (files,)

    def __repr__(self) -> str:
        heading, value = next(iter(self.scores.items()), ("score", float("nan")))
        return f"<kitae.Model of `{self.target}`: {heading} {value:.4g} on held-out rows>"

    def __str__(self) -> str:
        return self._model.scores_text()

    def _repr_html_(self) -> str:
        return _framed(self._model.html(repr(self)[1:-1], ["scores", "learning"]), height=640)


def _of_files(files: dict[str, bytes]) -> Model:
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent, "model")
        folder.mkdir()
        for name, content in files.items():
            # A pickle may come from anywhere: its names stay in the folder.
            (folder / Path(name).name).write_bytes(content)
        return Model(_kitae.Model.load(os.fspath(folder), False))


class Report:
    """A page that needs no other file and no network."""

    def __init__(self, page: str) -> None:
        self.html = page

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the page."""
        Path(path).write_text(self.html, encoding="utf-8")

    def _repr_html_(self) -> str:
        return _framed(self.html, height=800)


class Evaluation:
    """How good a model is on some rows."""

    def __init__(self, scores: dict[str, float], n_rows: int, text: str) -> None:
        self.scores = scores
        self.n_rows = n_rows
        self._text = text

    def __repr__(self) -> str:
        return f"Evaluation({self.scores}, n_rows={self.n_rows})"

    def __str__(self) -> str:
        return self._text


def _framed(page: str, height: int) -> str:
    # In a frame, the styles of the page and of the notebook leave each other alone.
    style = f"width: 100%; height: {height}px; border: 0"
    return f'<iframe srcdoc="{html.escape(page)}" style="{style}"></iframe>'


def _array(doubles: tuple[bytes, int]) -> np.ndarray:
    content, n_columns = doubles
    return np.frombuffer(content, dtype=np.float64).reshape(-1, n_columns).copy()


def _values(scores: list[dict[str, Any]]) -> dict[str, float]:
    return {score["metric"]: score["value"] for score in scores}
