import { spawnSync } from "node:child_process";

/** Whether a python3 of this machine has xgboost, with which training jobs run in the sandbox. */
export const canTrain = ["python3", "/usr/bin/python3"].some(
  (python) => spawnSync(python, ["-c", "import xgboost"]).status === 0,
);
