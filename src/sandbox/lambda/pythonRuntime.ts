import { spawnSync } from "node:child_process";

/**
 * Runs in a function's own Python process, as Lambda's Python runtime does: it loads the handler and answers one
 * invocation at a time. It speaks over Node's channel, which on POSIX is a socket with one JSON document a line, and
 * says the same as the Node.js bootstrap.
 */
export const PYTHON_BOOTSTRAP = String.raw`
import importlib, io, json, logging, os, resource, socket, sys, time, traceback, types

channel = socket.socket(fileno=int(os.environ.pop("NODE_CHANNEL_FD")))
os.environ.pop("NODE_CHANNEL_SERIALIZATION_MODE", None)
request_id = ""

def send(message):
    channel.sendall(json.dumps(message).encode() + b"\n")

class Lines(io.TextIOBase):
    """What is printed comes before the answer, because it takes the same way."""
    def __init__(self):
        self.rest = ""
    def writable(self):
        return True
    def write(self, text):
        *lines, self.rest = (self.rest + text).split("\n")
        for line in lines:
            if line:
                send({"type": "log", "text": line})
        return len(text)
    def flush(self):
        if self.rest:
            send({"type": "log", "text": self.rest})
            self.rest = ""

sys.stdout = sys.stderr = Lines()

class Formatter(logging.Formatter):
    converter = time.gmtime
    def format(self, record):
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return "[%s]\t%s.%03dZ\t%s\t%s" % (record.levelname, at, record.msecs, request_id, text)

handler = logging.StreamHandler(sys.stdout)
handler.setFormatter(Formatter())
logging.getLogger().addHandler(handler)

def described(kind, message, frames=()):
    error = {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": list(frames)}
    sys.stdout.flush()
    send({"type": "log", "text": "[ERROR] %s: %s%s" % (kind, message, "\nTraceback (most recent call last):\n" + "".join(frames) if frames else "")})
    return error

def memory():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return max(1, peak // (1048576 if sys.platform == "darwin" else 1024))

def load():
    root, name = os.environ["LAMBDA_TASK_ROOT"], os.environ["_HANDLER"]
    sys.path.insert(0, root)
    if "." not in name:
        raise_init("Runtime.MalformedHandlerName", "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % name)
    module, function = name.rsplit(".", 1)
    try:
        loaded = importlib.import_module(module.replace("/", "."))
    except ImportError as e:
        raise_init("Runtime.ImportModuleError", "Unable to import module '%s': %s" % (module, e))
    except SyntaxError as e:
        raise_init("Runtime.UserCodeSyntaxError", "Syntax error in module '%s': %s" % (module, e))
    except Exception as e:
        raise_init(type(e).__name__, str(e), frames_of(e, 3))
    if not hasattr(loaded, function):
        raise_init("Runtime.HandlerNotFound", "Handler '%s' missing on module '%s'" % (function, module))
    return getattr(loaded, function)

def raise_init(kind, message, frames=()):
    send({"type": "initError", "error": described(kind, message, frames)})
    sys.exit(1)

def frames_of(error, skip):
    return traceback.format_list(traceback.extract_tb(error.__traceback__)[skip:])

def context_of(message):
    env = os.environ
    client = json.loads(message["clientContext"]) if message.get("clientContext") else None
    return types.SimpleNamespace(
        aws_request_id=message["requestId"],
        invoked_function_arn=message["functionArn"],
        function_name=env["AWS_LAMBDA_FUNCTION_NAME"],
        function_version=env["AWS_LAMBDA_FUNCTION_VERSION"],
        memory_limit_in_mb=env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
        log_group_name=env["AWS_LAMBDA_LOG_GROUP_NAME"],
        log_stream_name=env["AWS_LAMBDA_LOG_STREAM_NAME"],
        client_context=client and types.SimpleNamespace(**client),
        identity=types.SimpleNamespace(cognito_identity_id=None, cognito_identity_pool_id=None),
        get_remaining_time_in_millis=lambda: max(0, int(message["deadline"] - time.time() * 1000)),
    )

def answer(function, message):
    global request_id
    request_id = message["requestId"]
    try:
        result = function(json.loads(message["event"]), context_of(message))
        sys.stdout.flush()
        try:
            payload = json.dumps(result)
        except TypeError as e:
            error = described("Runtime.MarshalError", "Unable to marshal response: %s" % e)
            return {"type": "failure", "requestId": request_id, "error": error, "memoryMb": memory()}
        return {"type": "result", "requestId": request_id, "payload": payload, "memoryMb": memory()}
    except Exception as e:
        error = described(type(e).__name__, str(e), frames_of(e, 1))
        return {"type": "failure", "requestId": request_id, "error": error, "memoryMb": memory()}

function = load()
send({"type": "ready"})
for line in channel.makefile("r", encoding="utf8", newline="\n"):
    message = json.loads(line)
    if message.get("type") == "invoke":
        send(answer(function, message))
`;

let found: { file: string | undefined } | undefined;

/**
 * The machine's Python 3, for functions of the Python runtimes: whichever version it is, with the packages it has.
 * @returns undefined where there is none, or where a process cannot be spoken to over a socket (Windows)
 */
export function findPython(): string | undefined {
  // Asked of the interpreter itself: what stands in the PATH may be a shim that needs the environment.
  found ??= {
    file:
      process.platform === "win32"
        ? undefined
        : spawnSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).stdout?.trim() ||
          undefined,
  };
  return found.file;
}
