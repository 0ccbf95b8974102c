import { type ChildProcess, execFile, spawn } from "node:child_process";
import { promisify } from "node:util";

/**
 * What the XGBoost container does with its channels and hyperparameters, in the machine's own Python
 * (aws/sagemaker-xgboost-container, algorithm mode): label in the first column, no header, one metric line a round.
 */
const PROGRAM = String.raw`
import glob, json, os, sys
base = sys.argv[1]
try:
    import numpy as np
    import xgboost as xgb
except Exception as e:
    print("MISSING " + str(e).split("\n")[0]); sys.exit(3)
given = json.load(open(os.path.join(base, "hyperparameters.json")))
def value(text):
    try:
        return json.loads(text)
    except ValueError:
        return text
params = {k: value(v) for k, v in given.items() if not k.startswith("_")}
rounds = int(params.pop("num_round"))
stop = params.pop("early_stopping_rounds", None)
for name in ("csv_weights", "save_model_on_termination", "sagemaker_content_type"):
    params.pop(name, None)
metrics = params.pop("eval_metric", None)
if metrics:
    params["eval_metric"] = [m.strip() for m in str(metrics).split(",")] if not isinstance(metrics, list) else metrics
def load(channel):
    rows = []
    for path in sorted(glob.glob(os.path.join(base, channel, "*"))):
        with open(path) as f:
            for number, line in enumerate(f, 1):
                if not line.strip():
                    continue
                try:
                    rows.append([float(c) if c.strip() else float("nan") for c in line.strip().split(",")])
                except ValueError as e:
                    print("CLIENT %s, line %d of channel %s: %s. Training data is CSV without a header, with the label first." % (os.path.basename(path), number, channel, e)); sys.exit(4)
    if not rows:
        return None
    if len(set(map(len, rows))) != 1:
        print("CLIENT The rows of channel %s differ in their number of columns." % channel); sys.exit(4)
    data = np.array(rows, dtype=np.float32)
    return xgb.DMatrix(data[:, 1:], label=data[:, 0])
train, validation = load("train"), load("validation")
if train is None:
    print("CLIENT No training data processed. The channel train holds no rows."); sys.exit(4)
print("INFO:sagemaker-xgboost-container:Train matrix has %d rows and %d columns" % (train.num_row(), train.num_col()), flush=True)
watch = [(train, "train")] + ([(validation, "validation")] if validation is not None else [])
class Told(xgb.callback.TrainingCallback):
    def after_iteration(self, model, epoch, log):
        print("[%d]" % epoch + "".join("\t%s-%s:%.5f" % (d, m, v[-1]) for d, ms in log.items() for m, v in ms.items()), flush=True)
        return False
try:
    booster = xgb.train(params, train, rounds, evals=watch, early_stopping_rounds=stop, callbacks=[Told()], verbose_eval=False)
except Exception as e:
    print("CLIENT " + str(e).split("\n")[0]); sys.exit(4)
path = os.path.join(base, "xgboost-model.json")
booster.save_model(path)
os.rename(path, os.path.join(base, "xgboost-model"))
`;

const INTERPRETERS = ["python3", "/usr/bin/python3", "/usr/local/bin/python3", "/opt/homebrew/bin/python3"];
let found: Promise<string | undefined> | undefined;

/** The first Python that has xgboost; the system's own often has it where the one in the PATH has not. */
export async function pythonWithXgboost(): Promise<string | undefined> {
  found ??= firstWithXgboost();
  const file = await found;
  // It may be installed before the next job.
  if (file === undefined) found = undefined;
  return file;
}

async function firstWithXgboost(): Promise<string | undefined> {
  for (const file of process.platform === "win32" ? ["python", "py"] : INTERPRETERS) {
    const has = await promisify(execFile)(file, ["-c", "import xgboost, sys; print(sys.executable)"], {
      env: environment(),
      timeout: 30_000,
    }).then(
      ({ stdout }) => stdout.trim(),
      () => undefined,
    );
    if (has) return has;
  }
  return undefined;
}

/** Python finds its packages by these; none of them is a secret. */
function environment(): NodeJS.ProcessEnv {
  const kept = ["PATH", "HOME", "PYTHONPATH", "LD_LIBRARY_PATH", "SystemRoot", "VIRTUAL_ENV"];
  return Object.fromEntries(kept.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/** How a training ended. */
export type TrainingEnd =
  | { kind: "done"; metrics: Record<string, number> }
  /** The data or the hyperparameters are at fault. */
  | { kind: "client"; message: string }
  /** Python or xgboost is not there. */
  | { kind: "missing"; message: string }
  | { kind: "stopped" }
  | { kind: "crashed"; message: string };

/** A training at work. */
export interface Training {
  end: Promise<TrainingEnd>;
  stop(): void;
}

/**
 * Trains in a process of its own, which gets no secret of the sandbox.
 * @param directory holds `hyperparameters.json` and the folders `train` and `validation`; gets `xgboost-model`
 * @param onLine a line of what SageMaker would write to the job's log
 */
export function train(python: string, directory: string, onLine: (line: string) => void): Training {
  const child: ChildProcess = spawn(python, ["-u", "-c", PROGRAM, directory], {
    cwd: directory,
    env: { ...environment(), OMP_NUM_THREADS: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const metrics: Record<string, number> = {};
  let stopped = false;
  let special: TrainingEnd | undefined;
  let last = "";
  const read = (line: string) => {
    if (line.startsWith("MISSING ")) special = { kind: "missing", message: line.slice(8) };
    else if (line.startsWith("CLIENT ")) special = { kind: "client", message: line.slice(7) };
    else {
      last = line;
      onLine(line);
      if (/^\[\d+\]\t/.test(line))
        for (const [, data, metric, value] of line.matchAll(/\t(\w+)-([\w@.-]+):(\S+)/g))
          metrics[`${data}:${metric}`] = Number(value);
    }
  };
  for (const stream of [child.stdout, child.stderr]) byLine(stream!, read);
  const end = new Promise<TrainingEnd>((resolve) => {
    child.once("error", (error) => resolve({ kind: "missing", message: error.message }));
    child.once("close", (code) => {
      if (stopped) resolve({ kind: "stopped" });
      else if (special) resolve(special);
      else resolve(code === 0 ? { kind: "done", metrics } : { kind: "crashed", message: last || `exit code ${code}` });
    });
  });
  return {
    end,
    stop() {
      stopped = true;
      child.kill("SIGKILL");
    },
  };
}

function byLine(stream: NodeJS.ReadableStream, read: (line: string) => void): void {
  let rest = "";
  stream.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim()) read(line);
  });
  stream.on("end", () => {
    if (rest.trim()) read(rest);
  });
}
