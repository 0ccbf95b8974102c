"""How SageMaker's PyTorch container serves the model: yours to edit.

The container calls these four functions. The archive holds one TorchScript file (torch.jit.save) at its root; to load a
state dict instead, build your network in model_fn.
"""
import io
import json
from pathlib import Path

import numpy as np
import torch


def model_fn(model_dir):
    files = sorted(p for p in Path(model_dir).iterdir() if p.suffix in (".pt", ".pth"))
    if len(files) != 1:
        raise RuntimeError(f"model.tar.gz needs one *.pt or *.pth at its root; it has {[p.name for p in files]}")
    model = torch.jit.load(str(files[0]), map_location="cpu")
    model.eval()
    return model


def input_fn(body, content_type):
    if content_type.startswith("text/csv"):
        text = body.decode("utf-8") if isinstance(body, (bytes, bytearray)) else body
        return torch.tensor(np.genfromtxt(io.StringIO(text), delimiter=",", ndmin=2), dtype=torch.float32)
    if content_type.startswith("application/json"):
        data = json.loads(body)
        return torch.tensor(data["instances"] if isinstance(data, dict) else data, dtype=torch.float32)
    raise ValueError(f"Content type {content_type} is not read; send text/csv or application/json")


def predict_fn(rows, model):
    with torch.inference_mode():
        return model(rows)


def output_fn(prediction, accept):
    values = prediction.tolist()
    if accept.startswith("application/json"):
        return json.dumps({"predictions": values})
    rows = [row if isinstance(row, list) else [row] for row in values]
    return "".join(",".join(map(str, row)) + "\n" for row in rows)
