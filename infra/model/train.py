#!/usr/bin/env python3
"""Trains the wine classifier and writes everything of it that is committed.

Needs Debian's python3-xgboost (1.7.4, the version of SageMaker's XGBoost container 1.7-1) and python3-sklearn:

    apt-get install python3-xgboost python3-sklearn
    /usr/bin/python3 infra/model/train.py

Writes beside itself:
  wine.csv         scikit-learn's load_wine: a header, 13 features, the class (0, 1 or 2) as the last column; 178 rows
  model.tar.gz     one file, xgboost-model: the booster as XGBoost JSON, which the 1.7 container loads
  prediction.json  a row of the data, and XGBoost's own probabilities for it: what a deployed endpoint must answer
  features.json    what a form needs to know of each feature, and the names of the classes
and the copies that are deployed with what reads them: lambda/features.json, web/features.json and web/wine.csv.

Seed, thread count, archive times and owners are fixed, so a second run writes the same bytes.
"""
import gzip
import io
import json
import math
import tarfile
from pathlib import Path

import numpy as np
import xgboost as xgb
from sklearn.datasets import load_wine

HERE = Path(__file__).resolve().parent
INFRA = HERE.parent
ROUNDS = 60
PARAMS = {
    "objective": "multi:softprob",
    "num_class": 3,
    "max_depth": 4,
    "eta": 0.1,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
    "seed": 7,
    "nthread": 1,
    "tree_method": "exact",
}
# The data set names no units; alcohol by volume is the one that is beyond doubt.
LABELS = {
    "alcohol": ("Alcohol", "% vol"),
    "malic_acid": ("Malic acid", None),
    "ash": ("Ash", None),
    "alcalinity_of_ash": ("Alcalinity of ash", None),
    "magnesium": ("Magnesium", None),
    "total_phenols": ("Total phenols", None),
    "flavanoids": ("Flavanoids", None),
    "nonflavanoid_phenols": ("Nonflavanoid phenols", None),
    "proanthocyanins": ("Proanthocyanins", None),
    "color_intensity": ("Color intensity", None),
    "hue": ("Hue", None),
    "od280_od315_of_diluted_wines": ("OD280/OD315, diluted", None),
    "proline": ("Proline", None),
}
DEFAULT_ROW = 0
PREDICTED_ROW = 16


def text_of(value):
    """The shortest decimal of a number, whole numbers without a fraction."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def number_of(value):
    return int(value) if float(value).is_integer() else float(value)


def write_csv(names, rows, classes):
    lines = [",".join([*names, "class"])]
    lines += [",".join([*map(text_of, row), str(int(label))]) for row, label in zip(rows, classes)]
    write_text("\n".join(lines) + "\n", HERE / "wine.csv", INFRA / "web" / "wine.csv")


def write_text(text, *paths):
    for path in paths:
        path.write_text(text, encoding="utf-8", newline="\n")


def step_of(column):
    """The decimal place that nearly all values of a column keep to: a few were entered with six places by mistake."""
    places = sorted(len(text_of(value).partition(".")[2]) for value in column)
    usual = places[int(0.95 * len(places))]
    return number_of(round(math.pow(10, -usual), usual))


def write_features(names, rows, class_names):
    features = []
    for index, name in enumerate(names):
        column = rows[:, index]
        label, unit = LABELS[name]
        feature = {"name": name, "label": label}
        if unit:
            feature["unit"] = unit
        feature |= {
            "min": number_of(column.min()),
            "max": number_of(column.max()),
            "step": step_of(column),
            "default": number_of(rows[DEFAULT_ROW, index]),
        }
        features.append(feature)
    text = json.dumps({"features": features, "classes": "CLASSES"}, indent=2)
    # One line for the short list: so the formatter of the repository leaves the file as it is.
    text = text.replace('"CLASSES"', json.dumps(list(class_names)))
    write_text(text + "\n", HERE / "features.json", *(INFRA / part / "features.json" for part in ("lambda", "web")))


def write_archive(content):
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        entry = tarfile.TarInfo("xgboost-model")
        entry.size = len(content)
        entry.mode = 0o644
        archive.addfile(entry, io.BytesIO(content))
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=packed, mode="wb", compresslevel=9, mtime=0) as stream:
        stream.write(plain.getvalue())
    (HERE / "model.tar.gz").write_bytes(packed.getvalue())


def write_prediction(row, probabilities):
    """One line, so the formatter of the repository leaves the file as it is."""
    answer = {"row": ",".join(map(text_of, row)), "probabilities": [float(p) for p in probabilities]}
    write_text(json.dumps(answer) + "\n", HERE / "prediction.json")


def main():
    wine = load_wine()
    names = [name.replace("/", "_") for name in wine.feature_names]
    write_csv(names, wine.data, wine.target)
    write_features(names, wine.data, wine.target_names)
    matrix = xgb.DMatrix(wine.data, label=wine.target, feature_names=names)
    booster = xgb.train(PARAMS, matrix, num_boost_round=ROUNDS)
    write_archive(bytes(booster.save_raw("json")))
    write_prediction(wine.data[PREDICTED_ROW], booster.predict(matrix)[PREDICTED_ROW])
    share = float(np.mean(booster.predict(matrix).argmax(axis=1) == wine.target))
    print(f"{len(wine.data)} rows, {len(booster.get_dump())} trees, training accuracy {share:.3f}")


if __name__ == "__main__":
    main()
