"""Made the folders beside it, once: `python3 make.py path/to/kitae`. They are kept: a later kitae must read them.

Each is a model of format 2 with the rows that it predicted and what it predicted for them.
"""

import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
FLAGS = "--preset fast --epochs 4 --folds 2 --threads 1 --device flex --quiet"
MODELS = {
    # Categories, missing cells, unseen levels, an ensemble within the network, three classes.
    "classes": "--target kind --hidden 6 --ensemble tabm --members 1 --missing -99",
    # Batch normalisation, a date, a target on its logarithm.
    "values": "--target price --hidden 6,6 --normalisation batch --target-scale log",
}


def rows(n, step):
    """Flowers with a size, a colour, a day and a price; the kind follows the size."""
    lines = ["size,colour,day,kind,price"]
    for row in range(n):
        size = row % 3 + row * step % 19 / 20
        cells = [f"{size:.2f}" if row % 7 else "-99", ["red", "white", "", "blue"][row * 7 % 4]]
        cells += [f"2024-{row % 12 + 1:02}-{row % 28 + 1:02}", ["iris", "rose", "tulip"][row % 3]]
        lines.append(",".join([*cells, f"{10 ** (1 + size / 2):.2f}"]))
    return "\n".join(lines) + "\n"


for name, flags in MODELS.items():
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    kitae = str(pathlib.Path(sys.argv[1]).resolve())
    train, new = HERE / "train.csv", HERE / "new.csv"
    train.write_text(rows(120, 37))
    new.write_text(rows(12, 11).replace("blue", "green").replace("2.", "9.", 1))
    words = ["train", train.name, *flags.split(), "--out", name, *FLAGS.split()]
    subprocess.run([kitae, *words], cwd=HERE, check=True)
    for unused in ["report.html", "record.jsonl", "run.json"]:
        (folder / unused).unlink()
    sums = folder / "SHA256SUMS"
    sums.write_text("".join(line for line in sums.read_text().splitlines(True) if "record.jsonl" not in line))
    new.rename(folder / "new.csv")
    predict = ["predict", name, f"{name}/new.csv", "--interval", "0.8", "--out", f"{name}/predictions.csv"]
    subprocess.run([kitae, *predict], cwd=HERE, check=True)
    train.unlink()
