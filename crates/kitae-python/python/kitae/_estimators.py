"""KitaeClassifier and KitaeRegressor: scikit-learn's interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    _check_y,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from . import _kitae
from ._arguments import LEVERS, described, signature
from ._model import Model, _array
from ._progress import teller
from ._table import add_column, columns_of, is_pandas

if TYPE_CHECKING:
    from typing import Self, Unpack

    from ._arguments import Levers


class _KitaeEstimator(BaseEstimator):
    """What both have in common. All rows are trained on: scikit-learn holds out what it wants to score."""

    _task: str

    def __init__(self, **arguments: Unpack[Levers]) -> None:
        given = signature([], LEVERS).bind(**arguments)
        given.apply_defaults()
        for name, value in given.arguments.items():
            setattr(self, name, value)

    __init__.__signature__ = signature(["self"], LEVERS)  # type: ignore[attr-defined]

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Trains on all rows of X, a table, with the targets y. `sample_weight` says how much each row counts in the loss
        where it is a training row of a fold; preprocessing, validation rows and scores count all rows alike."""
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        X = self._checked(X, reset=True)
        y = self._checked_targets(y)
        columns = columns_of(X)
        if len(columns) != len(y):
            raise ValueError(f"Found input variables with inconsistent numbers of samples: [{len(columns)}, {len(y)}]")
        if len(columns) < 2:
            raise ValueError("expected several rows to learn from, got n_samples = 1")
        target = _free_name(getattr(y, "name", None) or "target", columns.names())
        add_column(columns, target, y)
        arguments = {name: value for name, value in self.get_params(deep=False).items() if name != "progress"}
        arguments |= {"task": self._task, "test_size": 0}
        if sample_weight is not None:
            if arguments["weight_column"] is not None:
                raise ValueError("rows have one weight: give `sample_weight` or `weight_column`")
            arguments["weight_column"] = weights = _free_name("sample_weight", columns.names())
            add_column(columns, weights, _check_sample_weight(sample_weight, X, dtype=np.float64))
        model = Model(_kitae.train(columns, target, arguments, teller(self.progress)))
        self._fitted_to(model, columns, y)
        self.model_ = model
        return self

    @property
    def out_of_fold_(self) -> np.ndarray:
        """What networks that had not seen them predicted for the rows of `fit`, in their order: a value, or a probability
        of each class; NaN for a row that was no held-out row, as the earliest in a split by time."""
        check_is_fitted(self, "model_")
        rows, values = self.model_.out_of_fold()
        all_rows = np.full((self._n_rows, values.shape[1]), np.nan)
        all_rows[rows] = values
        return self._ordered(all_rows)

    @property
    def scores_(self) -> dict[str, float]:
        """Metrics on held-out rows, in natural units."""
        check_is_fitted(self, "model_")
        return self.model_.scores

    def _checked(self, X: Any, *, reset: bool) -> Any:
        if hasattr(X, "columns") or hasattr(X, "__arrow_c_stream__") or hasattr(X, "schema"):
            validate_data(self, X, skip_check_array=True, reset=reset)
            if is_pandas(X, "DataFrame") and not hasattr(self, "feature_names_in_"):
                # Numbers for names are none: the columns are those of an array.
                X = X.set_axis([f"x{position}" for position in range(X.shape[1])], axis=1)
            if len(X) == 0:
                raise ValueError("Found array with 0 sample(s) while a minimum of 1 is required.")
            return X
        return validate_data(self, X, dtype=None, ensure_all_finite=False, reset=reset)

    def _predicted(self, X: Any, level: float | None = None) -> tuple[np.ndarray, np.ndarray | None]:
        check_is_fitted(self, "model_")
        values, regions, _ = self.model_._model.predict(columns_of(self._checked(X, reset=False)), level)
        return _array(values), _array(regions) if regions else None

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags

    def _repr_html_(self) -> str:
        return self.model_._repr_html_() if hasattr(self, "model_") else super()._repr_html_()


class KitaeClassifier(ClassifierMixin, _KitaeEstimator):
    _task = "classification"

    def predict(self, X: Any) -> np.ndarray:
        """The most likely class of each row."""
        values, _ = self._predicted(X)
        return self.classes_[self._codes[values.argmax(axis=1)]]

    def predict_proba(self, X: Any) -> np.ndarray:
        """The probability of each class, in the order of `classes_`."""
        return self._ordered(self._predicted(X)[0])

    def predict_interval(self, X: Any, level: float = 0.9) -> np.ndarray:
        """Prediction sets: whether each class, in the order of `classes_`, is in the set that contains the class of a row
        as often as `level` says."""
        return self._ordered(self._predicted(X, level)[1]).astype(bool)

    def _ordered(self, values: np.ndarray) -> np.ndarray:
        return values[:, np.argsort(self._codes)]

    def _checked_targets(self, y: Any) -> Any:
        checked = column_or_1d(y, warn=True)
        check_classification_targets(checked)
        _refuse_missing(checked)
        classes = np.unique(checked)
        if len(classes) < 2:
            raise ValueError(f"expected two classes or more, got one class: {classes[0]!r}")
        return y if hasattr(y, "name") else checked

    def _fitted_to(self, model: Model, columns: _kitae.Columns, y: Any) -> None:
        """Finds the class of each name of the model."""
        classes, positions = np.unique(column_or_1d(y), return_inverse=True)
        of_rows = np.asarray(model._model.class_codes(columns))
        names, codes = np.unique(np.stack([of_rows, positions]), axis=1)
        known, counts = np.unique(names, return_counts=True)
        lost = np.isin(names, [-1, *known[counts > 1]])
        if lost.any():
            told = ", ".join(repr(name) for name in classes[codes[lost]].tolist())
            raise ValueError(f"the classes {told} are missing cells or one text in a file: rename them")
        self.classes_ = classes
        # The position in `classes_` of each class of the model.
        self._codes = codes
        self._n_rows = len(y)


class KitaeRegressor(RegressorMixin, _KitaeEstimator):
    _task = "regression"

    def predict(self, X: Any) -> np.ndarray:
        """The value of each row."""
        return self._predicted(X)[0][:, 0]

    def predict_interval(self, X: Any, level: float = 0.9) -> np.ndarray:
        """The two ends of the interval that contains the target of a row as often as `level` says."""
        return self._predicted(X, level)[1]

    def _ordered(self, values: np.ndarray) -> np.ndarray:
        return values[:, 0]

    def _checked_targets(self, y: Any) -> Any:
        checked = _check_y(y, y_numeric=True, estimator=self)
        return y if hasattr(y, "name") and not hasattr(y, "columns") else column_or_1d(checked, warn=True)

    def _fitted_to(self, model: Model, columns: _kitae.Columns, y: Any) -> None:
        self._n_rows = len(y)


def _free_name(name: Any, taken: list[str]) -> str:
    name = str(name)
    while name in taken:
        name += "_"
    return name


def _refuse_missing(y: np.ndarray) -> None:
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise ValueError("Input y contains NaN or infinity.")
    if y.dtype.kind == "O" and any(value is None or value != value for value in y):
        raise ValueError("Input y contains NaN.")


_COMMON = """
Parameters are the flags of `kitae train` under their names; None leaves a value to the preset. Columns may hold numbers,
texts, categories, dates and truth values, and missing cells.

Attributes: `model_` (save it, report on it, export it), `scores_` and `out_of_fold_` of rows that no decision saw,
`n_features_in_`, `feature_names_in_`.

"""

for _estimator, _what in ((KitaeClassifier, "classes"), (KitaeRegressor, "numbers")):
    _estimator.__doc__ = f"Neural networks that predict {_what} from the rows of a table.\n{_COMMON}{described(LEVERS)}\n"
