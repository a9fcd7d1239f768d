"""A table of Python and the command line on its CSV: the same bits."""

import subprocess
import sys

import pandas as pd
import pytest
from conftest import DATASETS, made

import kitae
from kitae import KitaeClassifier, KitaeRegressor

FLAGS = ["--preset", "fast", "--epochs", "6", "--seed", "7", "--dropout", "0.1", "--hidden", "24,12"]
ARGUMENTS = {"preset": "fast", "epochs": 6, "seed": 7, "dropout": 0.1, "hidden": (24, 12)}


def run(*words: object) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def check(command: str, frame: pd.DataFrame, target: str, folder, test_size: float) -> None:
    file, theirs, ours = folder / "table.csv", folder / "theirs", folder / "ours"
    frame.to_csv(file, index=False)
    run(command, "train", file, "--target", target, "--test-size", test_size, "--out", theirs, "--quiet", *FLAGS)
    model = kitae.train(frame, target, test_size=test_size, **ARGUMENTS)
    model.save(ours)
    for name in ["weights.safetensors", "nonconformity.safetensors", "out_of_fold.csv"]:
        assert (ours / name).read_bytes() == (theirs / name).read_bytes(), name
    assert kitae.load(theirs).scores == model.scores

    read = pd.read_csv
    predictions = folder / "predictions.csv"
    run(command, "predict", theirs, file, "--interval", "0.9", "--out", predictions, "--quiet")
    told = read(predictions, float_precision="round_trip")
    table = frame.drop(columns=target)
    for loaded in (model, kitae.load(ours), kitae.load(theirs)):
        if model.class_names:
            columns = [f"probability_{name}" for name in model.class_names]
            assert (loaded.predict_proba(table) == told[columns].to_numpy()).all()
            assert (loaded.predict(table) == told["prediction"].astype(str)).all()
        else:
            assert (loaded.predict(table) == told["prediction"]).all()
            ends = loaded.predict_interval(table, level=0.9)
            assert (ends == told[["prediction_low", "prediction_high"]].to_numpy()).all()
    # The command line takes the folder that Python wrote.
    run(command, "predict", ours, file, "--out", folder / "again.csv", "--quiet")
    again = read(folder / "again.csv", float_precision="round_trip")
    assert (again["prediction"] == told["prediction"]).all()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("test_size", [0, 0.2])
def test_values_from_every_kind_of_cell(command, tmp_path, test_size):
    check(command, made(), "price", tmp_path, test_size)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name, target", [("iris", "species"), ("breast_cancer", "diagnosis"), ("wine", "cultivar")])
def test_classes(command, tmp_path, name, target):
    frame = pd.read_csv(DATASETS / name / "data.csv")
    check(command, frame, target, tmp_path, 0.2)


@pytest.mark.filterwarnings("ignore")
def test_a_target_of_truth_values(command, tmp_path):
    check(command, made().drop(columns="price"), "garden", tmp_path, 0)


def test_estimators_train_what_the_command_line_trains_on_all_rows(command, tmp_path):
    frame = made()
    for estimator, target in ((KitaeRegressor, "price"), (KitaeClassifier, "garden")):
        folder = tmp_path / target
        folder.mkdir()
        frame.to_csv(folder / "table.csv", index=False)
        flags = ["--target", target, "--test-size", "0", "--out", folder / "theirs", "--quiet", *FLAGS]
        run(command, "train", folder / "table.csv", *flags)
        fitted = estimator(**ARGUMENTS).fit(frame.drop(columns=target), frame[target])
        fitted.model_.save(folder / "ours")
        weights = [(folder / which / "weights.safetensors").read_bytes() for which in ("ours", "theirs")]
        assert weights[0] == weights[1], target


def test_a_file_is_read_as_the_command_line_reads_it(command, tmp_path):
    file = DATASETS / "iris" / "data.csv"
    run(command, "train", file, "--target", "species", "--out", tmp_path / "theirs", "--quiet", *FLAGS)
    kitae.train(file, "species", **ARGUMENTS).save(tmp_path / "ours")
    for name in ["weights.safetensors", "sealed.rows"]:
        assert (tmp_path / "ours" / name).read_bytes() == (tmp_path / "theirs" / name).read_bytes()


def test_the_package_brings_the_command():
    python = [sys.executable, "-m", "kitae"]
    assert run(*python, "--version").startswith("kitae ")
    assert "species" in run(*python, "inspect", DATASETS / "iris" / "data.csv")
    wrong = subprocess.run([*python, "train"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2 and "FILE" in wrong.stderr
