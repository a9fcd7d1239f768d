"""Models: saved, loaded, shown, exported, scored."""

import os
import pickle
import re
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from conftest import DATASETS, QUICK

import kitae
from kitae import _arguments


def test_saved_and_loaded_it_says_the_same(model, houses, tmp_path):
    model.save(tmp_path / "model")
    loaded = kitae.load(tmp_path / "model")
    table = houses.drop(columns="price")
    assert (loaded.predict(table) == model.predict(table)).all()
    assert loaded.scores == model.scores and loaded.findings == model.findings
    assert loaded.folder == tmp_path / "model" and model.folder is None
    assert str(loaded) == str(model) and "rmse" in str(model)
    with pytest.raises(FileExistsError):
        model.save(tmp_path / "model")
    for wrong in (tmp_path / "nothing", tmp_path):
        with pytest.raises(FileNotFoundError):
            kitae.load(wrong)


def test_a_pickle_is_whole(model, houses, tmp_path):
    again = pickle.loads(pickle.dumps(model))
    assert (again.predict(houses) == model.predict(houses)).all()
    assert (again.out_of_fold()[1] == model.out_of_fold()[1]).all()
    again.save(tmp_path / "again")
    model.save(tmp_path / "model")
    for file in (tmp_path / "model").iterdir():
        if file.name != "report.html":
            assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes(), file.name


def test_a_notebook_shows_scores_and_curves(model):
    shown = model._repr_html_()
    assert shown.startswith("<iframe") and "Learning curves" in shown and "Scores" in shown
    assert "Recipe and origin" not in shown and "<script src" not in shown
    page = model.report()
    assert "Recipe and origin" in page.html and page._repr_html_().startswith("<iframe")
    fitted = kitae.KitaeRegressor(**QUICK)
    assert "iframe" not in fitted._repr_html_()


def test_a_report_is_written(model, tmp_path):
    model.report().save(tmp_path / "page.html")
    assert "<svg" in (tmp_path / "page.html").read_text("utf-8")


@pytest.mark.parametrize("kind", ["values", "classes"])
def test_an_exported_graph_answers_the_same(model, houses, iris, tmp_path, kind):
    table, other = houses, model
    if kind == "classes":
        table, other = iris, kitae.train(iris, "species", **QUICK)
    difference = other.export_onnx(tmp_path / "model.onnx", interval=0.9)
    assert difference < 1e-5
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    rows = {}
    for wanted in session.get_inputs():
        column = table[wanted.name]
        is_text = "string" in wanted.type
        cells = column.astype(str).to_numpy(object) if is_text else column.to_numpy(np.float64, na_value=np.nan)
        if is_text:
            cells[column.isna().to_numpy()] = ""
        rows[wanted.name] = cells.reshape(-1, 1)
    names = [output.name for output in session.get_outputs()]
    answers = dict(zip(names, session.run(names, rows)))
    if kind == "classes":
        assert answers["probabilities"] == pytest.approx(other.predict_proba(table), rel=1e-5, abs=1e-7)
    else:
        assert answers["prediction"].ravel() == pytest.approx(other.predict(table), rel=1e-5)
        ends = other.predict_interval(table, level=0.9)
        assert answers["prediction_low"].ravel() == pytest.approx(ends[:, 0], rel=1e-5)


def test_sealed_rows_are_scored_by_a_model_in_a_folder(model, houses, tmp_path):
    with pytest.raises(ValueError, match="save it"):
        model.evaluate(houses)
    model.save(tmp_path / "model")
    loaded = kitae.load(tmp_path / "model")
    first = loaded.evaluate(houses)
    assert first.n_rows < len(houses) / 2 and first.scores["rmse"] > 0 and "rmse" in str(first)
    assert (tmp_path / "model" / "looks.jsonl").is_file()
    loaded.evaluate(houses)
    # A pickle brings the looks along.
    pickle.loads(pickle.dumps(loaded)).save(tmp_path / "again")
    assert len((tmp_path / "again" / "looks.jsonl").read_text().splitlines()) == 2


def test_rows_unlike_those_of_the_training_are_told(model, houses):
    with pytest.warns(UserWarning, match="area"):
        model.predict(houses.assign(area=1e7))
    with pytest.raises(ValueError, match="`area`"):
        model.predict(houses.drop(columns="area"))


def test_findings_speak_of_arguments(iris):
    leaking = iris.assign(told=iris["species"])
    model = kitae.train(leaking, "species", **QUICK)
    told = [finding for finding in model.findings if "told" in finding]
    assert told and any('`drop="told"`' in finding for finding in told), model.findings
    assert "--" not in "".join(model.findings)


def test_arguments_of_a_training_are_those_of_the_command_line(iris):
    model = kitae.train(iris, "species", recipe={"training.epochs": 3, "optimiser.beta2": 0.9}, preset="fast", test_size=0)
    recipe = model.manifest["recipe"]
    assert recipe["training"]["epochs"] == 3 and recipe["optimiser"]["beta2"] == 0.9
    assert model.manifest["recipe"]["task"] == "classification"
    dropped = kitae.train(iris, "species", drop=[iris.columns[0], iris.columns[1]], **QUICK)
    assert dropped.feature_names == list(iris.columns[2:4])
    for arguments, kind, words in [
        ({"colour": "red"}, TypeError, "no argument `colour`"),
        ({"preste": "fast"}, TypeError, "did you mean `preset`"),
        ({"test_size": 2}, ValueError, "`test_size`: expected a share"),
        ({"random_split": "yes"}, ValueError, "random_split"),
        ({"dropout": True}, TypeError, "`dropout` takes a value"),
        ({"recipe": {"training.epochs": object()}}, TypeError, "recipe"),
        ({"recipe": "no_such_file.toml"}, ValueError, "no_such_file"),
        ({"device": "abacus"}, ValueError, "device"),
        ({"progress": 3}, TypeError, "progress"),
    ]:
        with pytest.raises(kind, match=words):
            kitae.train(iris, "species", **arguments)
    with pytest.raises(ValueError, match="no column is called `specie`"):
        kitae.train(iris, "specie")


def test_arguments_are_documented_and_typed():
    for name in ("dropout", "by_group", "test_size"):
        assert re.search(rf"^{name}\n    \w", kitae.train.__doc__, re.MULTILINE)
    assert "dropout\n" in kitae.KitaeClassifier.__doc__
    for text in (kitae.train.__doc__, kitae.KitaeClassifier.__doc__):
        assert "test_size" in text or text is kitae.KitaeClassifier.__doc__
    stub = Path(__file__).parents[1] / "python" / "kitae" / "_arguments.pyi"
    assert stub.read_text() == _arguments.stub(), "write it anew: python -m kitae._arguments"


def test_everything_is_typed_that_is_there():
    package = Path(kitae.__file__).parent
    assert (package / "py.typed").is_file()
    stub = (package / "_kitae.pyi").read_text()
    for name in dir(kitae._kitae):
        if not name.startswith("_"):
            assert re.search(rf"(def|class) {name}\b", stub), name


def test_without_scikit_learn_models_work(tmp_path):
    import subprocess

    (tmp_path / "sklearn.py").write_text("raise ModuleNotFoundError(\"No module named 'sklearn'\", name='sklearn')\n")
    code = f"""
import kitae
model = kitae.train({os.fspath(DATASETS / "iris" / "data.csv")!r}, "species", preset="fast", epochs=2)
assert len(model.class_names) == 3
try:
    kitae.KitaeClassifier
except ImportError as error:
    assert "pip install" in str(error)
else:
    raise AssertionError("there is no scikit-learn")
"""
    paths = os.pathsep.join([os.fspath(tmp_path), os.environ.get("PYTHONPATH", "")])
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": paths})
