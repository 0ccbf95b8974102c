"""How SageMaker's Hugging Face container serves the model: yours to edit.

The archive holds what save_pretrained wrote, at its root. The task is HF_TASK of the container's environment, else what
the architecture in config.json is for. Requests are {"inputs": …, "parameters": {…}}.
"""
import json
import os
from pathlib import Path

from transformers import pipeline

TASKS = {
    "ForSequenceClassification": "text-classification",
    "ForTokenClassification": "token-classification",
    "ForQuestionAnswering": "question-answering",
    "ForMaskedLM": "fill-mask",
    "ForCausalLM": "text-generation",
    "ForConditionalGeneration": "text2text-generation",
    "ForImageClassification": "image-classification",
}


def task_of(model_dir):
    if os.environ.get("HF_TASK"):
        return os.environ["HF_TASK"]
    architectures = json.loads((Path(model_dir) / "config.json").read_text()).get("architectures") or [""]
    for ending, task in TASKS.items():
        if architectures[0].endswith(ending):
            return task
    raise RuntimeError(f"No task is known for {architectures[0]}: set HF_TASK in the template, under Environment")


def model_fn(model_dir, context=None):
    return pipeline(task_of(model_dir), model=model_dir)


def predict_fn(data, model, context=None):
    return model(data["inputs"], **(data.get("parameters") or {}))
