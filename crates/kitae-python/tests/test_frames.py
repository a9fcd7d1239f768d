"""The same table from pandas, polars, pyarrow, numpy and dicts."""

from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import QUICK, made

import kitae
from kitae import KitaeClassifier, KitaeRegressor

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


class Streamed:
    """Anything that hands out a stream of Arrow."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


def frames(frame: pd.DataFrame) -> dict[str, object]:
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    views = arrow.set_column(5, "street", arrow["street"].cast(pa.string_view()))
    chunked = pa.concat_tables([arrow.slice(0, 7), arrow.slice(7, 0), arrow.slice(7)])
    return {
        "pandas of Arrow": frame.convert_dtypes(dtype_backend="pyarrow"),
        "nullable pandas": frame.convert_dtypes(),
        "polars": pl.from_pandas(frame),
        "pyarrow": arrow,
        "views": views,
        "slices": chunked,
        "capsule": Streamed(chunked),
        "columns": {name: frame[name] for name in frame.columns},
    }


def test_every_library_has_the_same_answers(model, houses):
    table = houses.drop(columns="price")
    expected = model.predict(table)
    for name, other in frames(table).items():
        assert (model.predict(other) == expected).all(), name


def test_every_library_trains_the_same_model(houses, tmp_path):
    """But for truth values, which libraries write in their own way: `True` and `true`."""
    frame = houses.drop(columns="garden")
    kitae.train(frame, "price", **QUICK).save(tmp_path / "expected")
    expected = (tmp_path / "expected" / "weights.safetensors").read_bytes()
    for name in ["polars", "pyarrow", "slices"]:
        kitae.train(frames(frame)[name], "price", **QUICK).save(tmp_path / name)
        assert (tmp_path / name / "weights.safetensors").read_bytes() == expected, name


def test_estimators_take_polars_and_pyarrow():
    frame = made()
    for estimator, target in ((KitaeRegressor, "price"), (KitaeClassifier, "city")):
        frame = frame.dropna(subset=[target])
        table, y = frame.drop(columns=target), frame[target]
        fitted = estimator(**QUICK).fit(pl.from_pandas(table), pl.from_pandas(y.astype(y.dtype if target == "price" else object)))
        assert list(fitted.feature_names_in_) == list(table.columns)
        expected = fitted.predict(pl.from_pandas(table))
        assert (fitted.predict(pa.Table.from_pandas(table, preserve_index=False)) == expected).all()


def test_every_type_of_arrow_is_what_its_text_is():
    base = [value * value % 13 for value in range(60)]
    y = [float(value % 7) for value in base]
    types = {
        "i8": pa.array(base, pa.int8()), "u8": pa.array(base, pa.uint8()), "i16": pa.array(base, pa.int16()),
        "u16": pa.array(base, pa.uint16()), "i32": pa.array(base, pa.int32()), "u32": pa.array(base, pa.uint32()),
        "i64": pa.array(base, pa.int64()), "u64": pa.array(base, pa.uint64()),
        "f16": pa.array(np.array(base, np.float16)), "f32": pa.array(base, pa.float32()),
        "f64": pa.array(base, pa.float64()), "decimal": pa.array([Decimal(value) for value in base], pa.decimal128(9, 2)),
        "decimal32": pa.array([Decimal(value) for value in base], pa.decimal32(9, 2)),
        "coded": pa.array(base, pa.int64()).dictionary_encode(),
    }
    plain = pa.table({"x": types["f64"], "y": y})
    model = kitae.train(plain, "y", **QUICK)
    expected = model.predict(plain)
    for name, array in types.items():
        assert (model.predict(pa.table({"x": array})) == expected).all(), name
    texts = [str(pd.Timestamp("2024-01-01") + pd.Timedelta(days=value)) for value in base]
    times = pd.to_datetime(texts)
    model = kitae.train({"x": texts, "y": y}, "y", **QUICK)
    expected = model.predict({"x": texts})
    for unit in ["s", "ms", "us", "ns"]:
        for zone in [None, "UTC"]:
            array = pa.array(times.as_unit("ns").astype("int64")).cast(pa.timestamp("ns", zone))
            assert (model.predict(pa.table({"x": array.cast(pa.timestamp(unit, zone))})) == expected).all(), (unit, zone)
    for kind in [pa.date32(), pa.date64()]:
        assert (model.predict(pa.table({"x": pa.array(times).cast(kind)})) == expected).all(), kind
    assert (model.predict({"x": times.to_numpy()}) == expected).all()


def test_nulls_of_each_library_are_missing_cells(model, houses):
    table = houses.drop(columns="price").head(30)
    void = table.assign(area=np.nan, city=pd.Categorical([np.nan] * 30), sold=pd.NaT)
    expected = model.predict(void)
    for name, other in frames(void).items():
        assert (model.predict(other) == expected).all(), name
    arrow = pa.Table.from_pandas(void, preserve_index=False)
    arrow = arrow.set_column(0, "area", pa.nulls(30))
    assert (model.predict(arrow) == expected).all()


def test_arrays_have_numbered_columns():
    random = np.random.default_rng(1)
    X = random.normal(size=(90, 3))
    y = X[:, 0] * 2 + (X[:, 1] > 0)
    fitted = KitaeRegressor(**QUICK).fit(X, y)
    expected = fitted.predict(X)
    for other in (X.astype(object), X.tolist(), np.asfortranarray(X)):
        assert (fitted.predict(other) == expected).all()
    assert fitted.model_.feature_names == ["x0", "x1", "x2"]
    mixed = np.array([[1.5, "a", None], [2.5, "b", "x"]] * 30, dtype=object)
    fitted = KitaeClassifier(**QUICK).fit(mixed, ["u", "v"] * 30)
    assert (fitted.predict(mixed) == np.array(["u", "v"] * 30)).all()


def test_single_precision_is_what_its_text_is():
    exact = np.round(np.random.default_rng(2).random(80), 3)
    model = kitae.train({"x": exact, "y": exact * 3}, "y", **QUICK)
    for single in (exact.astype(np.float32), pa.array(exact.astype(np.float32)), pd.Series(exact.astype(np.float32))):
        assert (model.predict({"x": single}) == model.predict({"x": exact})).all()


def test_long_codes_stay_different():
    codes = [2**60 + value % 2 for value in range(80)]
    y = ["even" if code % 2 == 0 else "odd" for code in codes]
    for column in (np.array(codes), pd.Series(codes), pa.array(codes)):
        model = kitae.train({"code": column, "y": y}, "y", categorical="code", **QUICK)
        assert (model.predict({"code": column}) == y).all()


@pytest.mark.parametrize(
    "column, words",
    [
        (pa.array([[1], [2]]), "column `x` holds lists or structs"),
        (pa.array([b"a", b"b"]), "column `x` holds bytes"),
        (pa.array([1, 2], pa.duration("s")), "column `x` holds lengths of time"),
        (pa.array([Decimal(1), Decimal(2)], pa.decimal256(50, 2)), "256"),
    ],
)
def test_cells_of_other_kinds_are_refused_with_their_column(model, column, words):
    with pytest.raises(TypeError, match=words):
        model.predict(pa.table({"x": column}))
    with pytest.raises(TypeError, match="column `x`"):
        model.predict({"x": [{"a": 1}, {"a": 2}]})


def test_tables_that_are_none_are_refused(model, houses):
    with pytest.raises(ValueError, match="no rows"):
        model.predict(houses.head(0))
    with pytest.raises(ValueError, match="both called `a`"):
        kitae.train(pd.DataFrame([[1.0, 2.0, 3.0]] * 30, columns=["a", "a", "b"]), "b")
    with pytest.raises(ValueError, match="expected a table"):
        model.predict(np.arange(3.0))
    with pytest.raises(FileNotFoundError):
        model.predict("no_such_table.csv")
    with pytest.raises(ValueError, match="cells"):
        kitae.train({"a": [1.0, 2.0], "b": [1.0]}, "b")
