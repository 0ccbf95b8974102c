"""Build-time tool: limits (min, max, pattern, enum) of the inputs of the sandbox's operations, out of the API models
that botocore ships (Apache-2.0; its notice stands in the result). Writes src/sandbox/wire/constraints.json, or with
`--print` to stdout.

    node --import tsx test/rig/listOperations.ts | python3 test/rig/extractConstraints.py
    npx biome format --write src/sandbox/wire/constraints.json
"""

import glob
import gzip
import json
import os
import sys

import botocore

DATA = os.path.join(os.path.dirname(botocore.__file__), "data")
LIMITS = ("min", "max", "pattern", "enum")
TARGET = os.path.join(os.path.dirname(__file__), "../../src/sandbox/wire/constraints.json")


def load(service):
    path = sorted(glob.glob(f"{DATA}/{service}/*/service-2.json*"))[-1]
    raw = gzip.open(path).read() if path.endswith(".gz") else open(path, "rb").read()
    return json.loads(raw)


def constraints(service, operations):
    model = load(service)
    shapes, found, seen = model["shapes"], {}, set()

    def walk(name):
        if name in seen:
            return
        seen.add(name)
        shape = shapes[name]
        if shape["type"] == "structure":
            for member, ref in shape.get("members", {}).items():
                target = shapes[ref["shape"]]
                limits = {k: target[k] for k in LIMITS if k in target}
                if target["type"] not in ("timestamp", "boolean", "structure", "map") and limits:
                    found.setdefault(name, {})[member] = limits
                walk(ref["shape"])
        elif shape["type"] == "list":
            walk(shape["member"]["shape"])
        elif shape["type"] == "map":
            walk(shape["value"]["shape"])

    for operation in operations:
        reference = model["operations"].get(operation, {}).get("input")
        if reference:
            walk(reference["shape"])
    return found


services = json.load(sys.stdin)
result = {
    "notice": "Limits taken from the API models of botocore (Apache-2.0, Copyright Amazon.com, Inc. or its affiliates)",
    "botocore": botocore.__version__,
}
for service in sorted(services):
    result[service] = constraints(service, sorted(services[service]))
text = json.dumps(result, separators=(",", ":"), ensure_ascii=False, sort_keys=True) + "\n"
if "--print" in sys.argv[1:]:
    sys.stdout.write(text)
else:
    with open(TARGET, "w", encoding="utf-8") as file:
        file.write(text)
