"""Tables of pandas, polars, pyarrow and numpy as columns of kitae: the cells that a CSV file of them would hold."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import numpy as np

from ._kitae import Columns

# Beyond, whole numbers share a double.
_MOST_EXACT = 2**53


def rows_of(table: Any) -> Columns | str:
    """Columns of a table, or the path of a CSV file."""
    if isinstance(table, (str, os.PathLike)):
        return os.fspath(table)
    return columns_of(table)


def columns_of(table: Any) -> Columns:
    """Columns of a DataFrame, of anything with `__arrow_c_stream__`, of a dict of columns, or of an array, whose columns
    are called x0, x1 and so on."""
    columns = Columns()
    if is_pandas(table, "DataFrame"):
        for position, name in enumerate(table.columns):
            add_column(columns, str(name), table.iloc[:, position])
    elif hasattr(table, "__arrow_c_stream__"):
        columns.add_stream(table)
    elif isinstance(table, Mapping):
        for name, values in table.items():
            add_column(columns, str(name), values)
    else:
        array = np.asarray(table)
        if array.ndim != 2:
            raise ValueError(f"expected a table of rows and columns, got an array of {array.ndim} dimensions")
        for position in range(array.shape[1]):
            add_column(columns, f"x{position}", array[:, position])
    return columns


def add_column(columns: Columns, name: str, values: Any) -> None:
    """Adds a column, whatever holds its values."""
    if is_pandas(values, "Series") or is_pandas(values, "Categorical"):
        _add_series(columns, name, values)
    elif hasattr(values, "to_numpy") and not isinstance(values, np.ndarray):
        _add_array(columns, name, np.asarray(values.to_numpy()))
    else:
        _add_array(columns, name, np.asarray(values))


def is_pandas(value: Any, kind: str) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, getattr(pandas, kind))


def _add_series(columns: Columns, name: str, series: Any) -> None:
    import pandas as pd

    series = pd.Series(series)
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        levels = [_text(level, name) or "" for level in dtype.categories]
        columns.add_codes(name, np.ascontiguousarray(series.cat.codes, np.int64), levels)
    elif pd.api.types.is_bool_dtype(dtype):
        columns.add_texts(name, [None if pd.isna(value) else str(bool(value)) for value in series])
    elif pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype):
        if pd.api.types.is_integer_dtype(dtype) and (series.abs() > _MOST_EXACT).any():
            columns.add_texts(name, [None if pd.isna(value) else str(value) for value in series])
        elif pd.api.types.is_float_dtype(dtype) and dtype.itemsize < 8:
            _add_array(columns, name, series.to_numpy(np.float32, na_value=np.nan))
        else:
            columns.add_numbers(name, np.ascontiguousarray(series.to_numpy(np.float64, na_value=np.nan)))
    elif pd.api.types.is_datetime64_any_dtype(dtype):
        has_clock = bool((series.dt.normalize() != series).where(series.notna(), False).any())
        texts = series.astype(str) if has_clock else series.dt.strftime("%Y-%m-%d")
        columns.add_texts(name, [None if missing else text for text, missing in zip(texts, series.isna())])
    else:
        missing = series.isna()
        cells = zip(series.astype(object), missing)
        columns.add_texts(name, [None if is_missing else _text(value, name) for value, is_missing in cells])


def _add_array(columns: Columns, name: str, values: np.ndarray) -> None:
    if values.dtype.kind in "iu" and values.size and max(abs(int(values.min())), abs(int(values.max()))) > _MOST_EXACT:
        values = values.astype(object)
    if values.dtype.kind in "iu" or values.dtype == np.float64:
        columns.add_numbers(name, np.ascontiguousarray(values, np.float64))
    elif values.dtype.kind == "f":
        # As a file would hold it: 0.1 of single precision is written as 0.1.
        columns.add_numbers(name, values.astype(str).astype(np.float64))
    elif values.dtype.kind == "M":
        texts = np.datetime_as_string(values)
        columns.add_texts(name, [None if text == "NaT" else str(text) for text in texts])
    elif values.dtype.kind == "O" and all(type(value) is float for value in values):
        columns.add_numbers(name, values.astype(np.float64))
    elif values.dtype.kind in "bOUT":
        columns.add_texts(name, [_text(value, name) for value in values.tolist()])
    elif values.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: column `{name}`")
    else:
        raise TypeError(f"column `{name}` has cells of the type {values.dtype}: expected numbers, texts or dates")


def _text(value: Any, name: str) -> str | None:
    if value is None or value != value:
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, int, float, np.generic, Decimal, date, datetime, time)):
        return str(value)
    if type(value).__name__ in ("Period", "Interval", "NAType", "NaTType"):
        return None if type(value).__name__ in ("NAType", "NaTType") else str(value)
    kind = type(value).__name__
    raise TypeError(f"column `{name}`: the argument must be a string or a number, got a cell of the type '{kind}'")
