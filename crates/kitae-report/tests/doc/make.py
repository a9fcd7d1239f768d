"""Makes the manifests that the tests and examples read: `python3 make.py path/to/kitae`."""

import json
import pathlib
import subprocess
import sys
import tempfile

NAMES = ['"rose, wild"', "tulip", "iris"]
COLOURS = ["red", "white", "", "blue"]
FLAGS = "--preset fast --epochs 5 --hidden 8 --folds 2 --threads 1 --device flex --quiet"


def flowers(columns):
    """90 rows whose class follows the length."""
    lines = [["length", "width", "colour", "kind"]]
    for row in range(90):
        length = row % 3 + row * 37 % 19 / 20
        lines.append([str(length), str(row * 11 % 23 / 7), COLOURS[row * 7 % 4], NAMES[row % 3]])
    return "".join(",".join(line[:columns]) + "\n" for line in lines)


for name, columns, target in [("classes", 4, "kind"), ("values", 3, "length")]:
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "flowers.csv").write_text(flowers(columns))
        words = f"train flowers.csv --target {target} --out model {FLAGS}".split()
        subprocess.run([str(pathlib.Path(sys.argv[1]).resolve()), *words], cwd=folder, check=True)
        manifest = json.loads((folder / "model" / "model.json").read_text())["manifest"]
        path = pathlib.Path(__file__).parent / f"{name}.json"
        path.write_text(json.dumps(manifest, ensure_ascii=False) + "\n")
