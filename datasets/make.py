"""Writes the tables in this folder from the copies that scikit-learn ships.

Run from anywhere: `python3 datasets/make.py` (needs scikit-learn 1.3 or later, nothing is downloaded).
The same scikit-learn gives the same bytes; each README.md states the SHA-256 of its data.csv.
"""

import hashlib
from pathlib import Path

from sklearn import datasets

HERE = Path(__file__).resolve().parent


def snake(name):
    for mark in "()/":
        name = name.replace(mark, " ")
    return "_".join(name.lower().split())


def number(value):
    """The shortest text that reads back as the same number: 5.1, not 5.10; 14, not 14.0."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def iris():
    bunch = datasets.load_iris()
    header = [snake(name) for name in bunch.feature_names] + ["species"]
    return header, bunch.data, [str(bunch.target_names[code]) for code in bunch.target]


def wine():
    bunch = datasets.load_wine()
    header = [snake(name) for name in bunch.feature_names] + ["cultivar"]
    return header, bunch.data, [f"cultivar_{code + 1}" for code in bunch.target]


def breast_cancer():
    bunch = datasets.load_breast_cancer()
    header = [snake(name) for name in bunch.feature_names] + ["diagnosis"]
    return header, bunch.data, [str(bunch.target_names[code]) for code in bunch.target]


def digits():
    bunch = datasets.load_digits()
    header = [f"pixel_{row}_{column}" for row in range(8) for column in range(8)] + ["digit"]
    return header, bunch.data, [str(code) for code in bunch.target]


def diabetes():
    bunch = datasets.load_diabetes(scaled=False)
    header = "age sex bmi blood_pressure total_cholesterol ldl hdl cholesterol_ratio log_triglycerides glucose"
    return header.split() + ["progression"], bunch.data, [number(value) for value in bunch.target]


def write(name, make, about):
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    header, cells, target = make()
    lines = [",".join(header)]
    lines += [",".join([*map(number, row), label]) for row, label in zip(cells, target, strict=True)]
    data = ("\n".join(lines) + "\n").encode()
    (folder / "data.csv").write_bytes(data)
    (folder / "dataset.toml").write_text(settings(header[-1], about), newline="\n")
    size = f"{len(target)} rows, {len(header) - 1} feature columns and the target `{header[-1]}`"
    (folder / "README.md").write_text(readme(about, size, data), newline="\n")
    print(f"{name}: {size}")


def settings(target, about):
    text = f'title = "{about["title"]}"\ntarget = "{target}"\ntask = "{about["task"]}"\n'
    for column, kind in about.get("kinds", {}).items():
        text += f'\n[columns.{column}]\nkind = "{kind}"\n'
    return text


def readme(about, size, data):
    return f"""# {about["title"]}

{about["story"]}

- **Size:** {size}; no missing cells.
- **Target:** {about["target"]}
- **Origin:** {about["origin"]}
- **Licence:** {about["licence"]}
- **Changes:** {about["changes"]}
- **SHA-256 of `data.csv`:** `{hashlib.sha256(data).hexdigest()}`

`python3 datasets/make.py` writes this folder again.
"""


UCI = (
    "[CC BY 4.0](https://creativecommons.org/licenses/by/4.0/), as the UCI repository states; "
    "the copy comes from scikit-learn (BSD-3-Clause)."
)

TABLES = {
    "iris": (
        iris,
        {
            "title": "Iris plants",
            "task": "classification",
            "story": "Sepals and petals of 150 iris plants of three species, measured in centimetres. One species is\n"
            "easy to tell from the other two; those two overlap.",
            "target": "`species`: setosa, versicolor, virginica, 50 rows each.",
            "origin": "R. A. Fisher (1936), “The use of multiple measurements in taxonomic problems”, Annals of\n"
            "  Eugenics 7, 179-188; UCI Machine Learning Repository, <https://doi.org/10.24432/C56C76>. Like\n"
            "  scikit-learn's copy it follows Fisher's paper where two rows of the UCI file differ from it.",
            "licence": UCI,
            "changes": "headers in words, class names instead of codes.",
        },
    ),
    "wine": (
        wine,
        {
            "title": "Wine recognition",
            "task": "classification",
            "story": "A chemical analysis of 178 wines that were grown in one region of Italy from three cultivars.",
            "target": "`cultivar`: cultivar_1 (59 rows), cultivar_2 (71), cultivar_3 (48); the source does not name them.",
            "origin": "M. Forina and others, PARVUS; S. Aeberhard and M. Forina (1992), UCI Machine Learning\n"
            "  Repository, <https://doi.org/10.24432/C5PC7J>.",
            "licence": UCI,
            "changes": "headers in words, class names instead of codes.",
        },
    ),
    "breast_cancer": (
        breast_cancer,
        {
            "title": "Breast cancer Wisconsin (diagnostic)",
            "task": "classification",
            "story": "Shapes of cell nuclei in 569 digitised images of fine-needle aspirates of breast masses: ten\n"
            "properties, each as its mean, its standard error and its worst value.",
            "target": "`diagnosis`: malignant (212 rows), benign (357).",
            "origin": "W. H. Wolberg, O. L. Mangasarian, W. N. Street (1995), UCI Machine Learning Repository,\n"
            "  <https://doi.org/10.24432/C5DW2B>.",
            "licence": UCI,
            "changes": "headers in words, class names instead of codes, the patients' numbers left out.",
        },
    ),
    "digits": (
        digits,
        {
            "title": "Handwritten digits, 8 by 8 pixels",
            "task": "classification",
            "story": "Handwritten digits as 8 by 8 images. A pixel counts the dark points, 0 to 16, in a 4 by 4 block of\n"
            "the scanned 32 by 32 bitmap; `pixel_2_5` is row 2, column 5, counted from 0 at the top left. Some\n"
            "pixels at the edges are 0 in every row.",
            "target": "`digit`: 0 to 9, about 180 rows each.",
            "origin": "E. Alpaydin and C. Kaynak (1998), “Optical Recognition of Handwritten Digits” (its test part),\n"
            "  UCI Machine Learning Repository, <https://doi.org/10.24432/C50P49>.",
            "licence": UCI,
            "changes": "headers added.",
        },
    ),
    "diabetes": (
        diabetes,
        {
            "title": "Diabetes progression",
            "task": "regression",
            "kinds": {"sex": "category"},
            "story": "Age, sex, body mass index, average blood pressure and six blood serum measurements of 442 patients,\n"
            "and how far their diabetes had progressed one year later. The table is noisy: no model explains much\n"
            "more than half of the variance.",
            "target": "`progression`: a quantitative measure of disease progression, 25 to 346.",
            "origin": "B. Efron, T. Hastie, I. Johnstone, R. Tibshirani (2004), “Least Angle Regression”, Annals of\n"
            "  Statistics 32, 407-499; <https://www4.stat.ncsu.edu/~boos/var.select/diabetes.html>.",
            "licence": "the source states none; the table has been published with R's `lars` package and with\n"
            "  scikit-learn (BSD-3-Clause), from where this copy comes.",
            "changes": "headers in words: `bp`, `tc`, `tch`, `ltg`, `glu` are `blood_pressure`, `total_cholesterol`,\n"
            "  `cholesterol_ratio` (total to HDL), `log_triglycerides`, `glucose`. `sex` keeps the source's codes 1 and\n"
            "  2, whose meaning it does not state.",
        },
    ),
}

if __name__ == "__main__":
    for name, (make, about) in TABLES.items():
        write(name, make, about)
