"""A table in, an honestly scored neural network out."""

from typing import TYPE_CHECKING

from ._model import Evaluation, Model, Report, load, train

if TYPE_CHECKING:
    from ._estimators import KitaeClassifier, KitaeRegressor

__all__ = ["Evaluation", "KitaeClassifier", "KitaeRegressor", "Model", "Report", "load", "train"]


def __getattr__(name: str) -> object:
    # scikit-learn is needed for the estimators alone.
    if name in ("KitaeClassifier", "KitaeRegressor"):
        try:
            from . import _estimators
        except ModuleNotFoundError as error:
            if error.name is None or error.name.split(".")[0] != "sklearn":
                raise
            raise ImportError(f"{name} needs scikit-learn: pip install 'kitae[sklearn]'") from error
        return getattr(_estimators, name)
    raise AttributeError(f"module 'kitae' has no attribute '{name}'")
