"""How SageMaker's scikit-learn container serves the model: yours to edit.

The container calls these four functions. The archive holds one file *.joblib or *.pkl at its root.
"""
import io
import json
from pathlib import Path

import joblib
import numpy as np


def model_fn(model_dir):
    files = sorted(p for p in Path(model_dir).iterdir() if p.suffix in (".joblib", ".pkl", ".pickle"))
    if len(files) != 1:
        raise RuntimeError(f"model.tar.gz needs one *.joblib or *.pkl at its root; it has {[p.name for p in files]}")
    return joblib.load(files[0])


def input_fn(body, content_type):
    if content_type.startswith("text/csv"):
        text = body.decode("utf-8") if isinstance(body, (bytes, bytearray)) else body
        # An empty cell is a missing value.
        return np.genfromtxt(io.StringIO(text), delimiter=",", ndmin=2)
    if content_type.startswith("application/json"):
        data = json.loads(body)
        return np.array(data["instances"] if isinstance(data, dict) else data, dtype=float)
    raise ValueError(f"Content type {content_type} is not read; send text/csv or application/json")


def predict_fn(rows, model):
    # Probabilities in the order of model.classes_, where the model has them.
    return model.predict_proba(rows) if hasattr(model, "predict_proba") else model.predict(rows)


def output_fn(prediction, accept):
    values = np.asarray(prediction)
    if accept.startswith("application/json"):
        return json.dumps({"predictions": values.tolist()})
    rows = values.reshape(len(values), -1).tolist()
    return "".join(",".join(map(str, row)) + "\n" for row in rows)
