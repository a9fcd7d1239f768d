"""One row of a table, answered everywhere: `python3 anywhere.py path/to/kitae WORK_FOLDER TABLE.csv TARGET …`.

Trains a model of each table, asks the command line, HTTP, ONNX in onnxruntime, a page in headless Chromium and, where the
package is installed, Python about one row, and prints what each says as a table in Markdown. Fails where two differ by more
than 1e-5. `cargo xtask anywhere` runs it.
"""

import csv
import json
import pathlib
import shutil
import subprocess
import sys
import urllib.request

import onnxruntime
from page import ANSWERED, BROWSERS, Browser, type_row

ALLOWED = 1e-5


def command_line(kitae, model, table, work):
    out = work / "answer.csv"
    subprocess.run([kitae, "predict", model, table, "--out", out, "--quiet"], check=True)
    (answer,) = csv.DictReader(out.open())
    numbers = [float(cell) for name, cell in answer.items() if name.startswith("probability_")]
    return numbers or [float(answer["prediction"])]


def http(kitae, model, row):
    words = [kitae, "serve", model, "--listen", "127.0.0.1:0"]
    server = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    try:
        lines = iter(server.stderr.readline, "")
        address = next(line.split()[-1] for line in lines if "listening at" in line)
        body = json.dumps({"rows": [row]}).encode()
        request = urllib.request.Request(f"{address}/predict", body, {"Content-Type": "application/json"})
        return of_json(json.load(urllib.request.urlopen(request))["predictions"][0])
    finally:
        server.terminate()
        server.wait()


def of_json(said):
    return list(said["probabilities"].values()) if "probabilities" in said else [said["prediction"]]


def onnx(kitae, model, row, work):
    path = work / "model.onnx"
    subprocess.run([kitae, "export", model, "--onnx", path], check=True, stderr=subprocess.DEVNULL)
    session = onnxruntime.InferenceSession(path)
    feed = {}
    for column in session.get_inputs():
        cell = row[column.name]
        is_text = "string" in column.type
        feed[column.name] = [[cell]] if is_text else [[float(cell) if cell else float("nan")]]
    names = [output.name for output in session.get_outputs()]
    if "probabilities" not in names:
        return [float(session.run(["prediction"], feed)[0][0])]
    classes = json.loads(session.get_modelmeta().custom_metadata_map["class_names"])
    said = dict(zip(classes, session.run(["probabilities"], feed)[0][0]))
    return [float(said[name]) for name in sorted(said)]


def page(kitae, model, row, work):
    programme = next(filter(None, map(shutil.which, BROWSERS)), None)
    if programme is None:
        return None
    folder = work / "page"
    subprocess.run([kitae, "export", model, "--web", folder], check=True, stderr=subprocess.DEVNULL)
    browser = Browser(programme)
    try:
        tab = browser.open(folder / "index.html")
        tab.until(ANSWERED)
        return of_json(type_row(tab, row)["predictions"][0])
    finally:
        browser.close()


def python(model, table):
    try:
        import kitae
    except ImportError:
        return None
    import pandas

    trained = kitae.load(model)
    frame = pandas.read_csv(table)
    if trained.class_names:
        probabilities = trained.predict_proba(frame)[0]
        said = dict(zip(trained.class_names, probabilities))
        return [float(said[name]) for name in sorted(said)]
    return [float(trained.predict(frame)[0])]


def answers(kitae, table, target, work):
    """What everybody says of the first row of the table."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    model = work / "model"
    words = [kitae, "train", table, "--target", target, "--out", model, "--preset", "fast", "--quiet"]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    first = work / "row.csv"
    with open(table, newline="") as rows:
        reader = csv.DictReader(rows)
        row = next(reader)
        del row[target]
    with first.open("w", newline="") as out:
        writer = csv.DictWriter(out, row)
        writer.writeheader()
        writer.writerow(row)
    return {
        "`kitae predict`": command_line(kitae, model, first, work),
        "Python": python(model, first),
        "HTTP": http(kitae, model, row),
        "ONNX in onnxruntime": onnx(kitae, model, row, work),
        "page in Chromium": page(kitae, model, row, work),
    }


def main():
    kitae, work, *pairs = sys.argv[1:]
    kitae, work = pathlib.Path(kitae).resolve(), pathlib.Path(work).resolve()
    columns = {}
    for table, target in zip(pairs[::2], pairs[1::2]):
        columns[f"{pathlib.Path(table).stem}, `{target}`"] = answers(
            kitae, pathlib.Path(table).resolve(), target, work / pathlib.Path(table).stem
        )
    print("| asked | " + " | ".join(columns) + " |")
    print("|---|" + "---|" * len(columns))
    for who in next(iter(columns.values())):
        said = [of_column[who] for of_column in columns.values()]
        cells = ["not asked" if numbers is None else ", ".join(map(repr, numbers)) for numbers in said]
        print(f"| {who} | " + " | ".join(cells) + " |")
    for name, of_column in columns.items():
        expected = of_column["`kitae predict`"]
        for who, numbers in of_column.items():
            for number, wanted in zip(numbers or [], expected):
                difference = abs(number - wanted) / max(abs(wanted), 1e-3)
                assert difference <= ALLOWED, f"{name}: {who} says {number}, `kitae predict` {wanted}"


if __name__ == "__main__":
    main()
