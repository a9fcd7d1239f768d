"""How a training runs within Python: interrupted, watched, forked, beside other threads."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from conftest import QUICK

import kitae

LONG = {"preset": "best", "hidden": [256, 256], "epochs": 100_000, "stopping": "never"}


def test_ctrl_c_ends_a_training():
    code = f"""
import numpy as np, kitae
X = np.random.default_rng(0).normal(size=(2000, 5))
print("started", flush=True)
try:
    kitae.train({{"x": X[:, 0], "y": X[:, 1]}}, "y", **{LONG!r})
except KeyboardInterrupt:
    print("interrupted", flush=True)
model = kitae.train({{"x": X[:, 0], "y": X[:, 0]}}, "y", **{QUICK!r})
print("trained", flush=True)
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "started\n"
    time.sleep(3)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    asked = time.monotonic()
    assert process.stdout.readline() == "interrupted\n"
    assert time.monotonic() - asked < 15
    assert process.stdout.readline() == "trained\n"
    assert process.wait(60) == 0


def test_progress_is_told(iris, capsys):
    told = []
    kitae.train(iris, "species", progress=lambda *how_far: told.append(how_far), preset="fast")
    n_networks, n_done, share, seconds = told[-1]
    assert n_done == n_networks > 1 and share == 1.0 and seconds > 0.0
    assert all(before[2] <= after[2] for before, after in zip(told, told[1:]))
    kitae.train(iris, "species", progress=True, **QUICK)
    line = capsys.readouterr().err
    assert line.startswith("\rkitae: ") and line.endswith("s\n") and line.count("\n") == 1
    kitae.train(iris, "species", **QUICK)
    assert capsys.readouterr().err == ""


def test_an_exception_of_the_progress_ends_the_training(iris):
    def stop(*_: object) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        kitae.train(iris, "species", progress=stop, **LONG)


def test_other_threads_go_on_while_it_trains(iris):
    ticks = 0
    is_over = threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not is_over.wait(0.005):
            ticks += 1

    thread = threading.Thread(target=tick)
    thread.start()
    kitae.train(iris, "species", preset="fast", epochs=200, stopping="never")
    is_over.set()
    thread.join()
    assert ticks > 5


def test_threads_train_side_by_side(iris):
    models = [None, None]

    def work(position: int) -> None:
        models[position] = kitae.train(iris, "species", **QUICK)

    threads = [threading.Thread(target=work, args=(position,)) for position in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (models[0].predict_proba(iris) == models[1].predict_proba(iris)).all()


def _probabilities(table):
    model = kitae.train(table, "species", **QUICK)
    return model.predict_proba(table)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_trains_and_predicts(iris):
    model = kitae.train(iris, "species", **QUICK)
    expected = model.predict_proba(iris)
    child = os.fork()
    if child == 0:
        same = (model.predict_proba(iris) == expected).all() and (_probabilities(iris) == expected).all()
        os._exit(0 if same else 1)
    deadline = time.monotonic() + 60
    while (ended := os.waitpid(child, os.WNOHANG))[0] == 0:
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            pytest.fail("the forked process hangs")
        time.sleep(0.05)
    assert os.waitstatus_to_exitcode(ended[1]) == 0
    with multiprocessing.get_context("fork").Pool(2) as pool:
        for found in pool.map_async(_probabilities, [iris, iris]).get(timeout=120):
            assert np.array_equal(found, expected)
