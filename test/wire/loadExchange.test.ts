import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { isolatedHome, startCli } from "./commandLine.ts";
import { deployWine, WINE_ROW } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const NODE_MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));

describe("export and import on the command line", () => {
  let sandbox: TestSandbox;
  const home = isolatedHome();
  const env: Record<string, string> = home.env;
  before(async () => {
    sandbox = await startTestSandbox();
    await deployWine(sandbox);
    env.AWS_REGION = "us-east-1";
    env.AWS_ENDPOINT_URL = sandbox.endpoint;
    env.AWS_ACCESS_KEY_ID = sandbox.accessKeyId;
    env.AWS_SECRET_ACCESS_KEY = sandbox.secretAccessKey;
    home.write("plan.ramp.json", {
      version: 1,
      name: "exported",
      target: { type: "endpoint", name: "wine" },
      payloads: { inline: [WINE_ROW] },
      contentType: "text/csv",
      stages: [{ type: "hold", rate: 10, seconds: 3 }],
      expect: { achievedRatio: { min: 0.99 } },
    });
    // The exported project's dependencies are those of this one.
    symlinkSync(NODE_MODULES, path.join(home.folder, "node_modules"), "junction");
  });
  after(async () => {
    await sandbox.close();
    home.remove();
  });
  const cli = (...args: string[]) => startCli(args, { env, cwd: home.folder }).ended;

  test("Artillery's hook signs a request that the endpoint answers", async () => {
    const exported = await cli("export", "plan.ramp.json", "--to", "artillery", "--out", "artillery", "--json");
    assert.equal(exported.code, 0, exported.stderr);
    const ask = `import { prepareRequest } from "./processor.mjs";
      const request = { url: ${JSON.stringify(`${sandbox.endpoint}/endpoints/wine/invocations`)}, headers: {} };
      await prepareRequest(request);
      const answer = await fetch(request.url, { method: "POST", headers: request.headers, body: request.body });
      console.log(answer.status, await answer.text());`;
    const file = path.join(home.folder, "artillery/ask.mjs");
    writeFileSync(file, ask);
    assert.match(await runNode(file, env), /^200 \S/);
  });

  test("the k6 script signs a request that the endpoint answers", async () => {
    const exported = await cli("export", "plan.ramp.json", "--to", "k6", "--out", "k6");
    assert.equal(exported.code, 0, exported.stderr);
    const folder = path.join(home.folder, "k6");
    const request = await firstK6Request(folder, env);
    const answer = await fetch(request.url, { method: "POST", headers: request.headers, body: request.body });
    assert.equal(answer.status, 200, await answer.text());
  });

  test("a folder with something in it is left alone", async () => {
    home.write("full/notes.txt", "mine");
    const ended = await cli("export", "plan.ramp.json", "--to", "k6", "--out", "full");
    assert.equal(ended.code, 2);
    assert.match(ended.stderr, /full is not empty/);
    assert.equal(readFileSync(path.join(home.folder, "full/notes.txt"), "utf8"), "mine");
  });

  test("k6's summary is read back, judged by the plan, and compared; a strange file is refused by its name", async () => {
    const metrics = {
      http_reqs: { count: 30, rate: 10 },
      http_req_duration: { med: 5, max: 9, "p(95)": 8, "p(99)": 9 },
    };
    home.write("summary.json", { metrics });
    const imported = await cli("import", "summary.json", "--plan", "plan.ramp.json", "--json");
    assert.equal(imported.code, 0, imported.stderr);
    const { files } = JSON.parse(imported.stdout) as { files: { json: string } };
    const compared = await cli("compare", files.json, files.json, "--json");
    assert.equal(compared.code, 0, compared.stderr);
    home.write("strange.json", { a: 1 });
    const refused = await cli("import", "strange.json");
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /strange\.json cannot be imported: it is neither/);
  });
});

async function runNode(file: string, env: Record<string, string>): Promise<string> {
  const { spawn } = await import("node:child_process");
  const child = spawn(process.execPath, [file], { env, stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk;
  });
  await new Promise((resolve) => child.once("close", resolve));
  return out;
}

type Sent = { url: string; body: string; headers: Record<string, string> };

/** Runs the script's default function once, with k6's modules by their documented contract, and gives what it sends. */
async function firstK6Request(folder: string, env: Record<string, string>): Promise<Sent> {
  const modules: Record<string, unknown> = {
    "k6/http": {
      default: { post: (url: string, body: string, { headers }: Sent) => sent.push({ url, body, headers }) },
    },
    "k6/execution": { default: { scenario: { iterationInTest: 0 } } },
    "k6/data": {
      SharedArray: function SharedArray(_name: string, make: () => unknown) {
        return make();
      },
    },
    "k6/crypto": {
      default: {
        sha256: (data: string) => createHash("sha256").update(data).digest("hex"),
        hmac: (_algorithm: string, key: string | ArrayBuffer, data: string, encoding: "hex" | "binary") => {
          const digest = createHmac("sha256", typeof key === "string" ? key : Buffer.from(key))
            .update(data)
            .digest();
          return encoding === "hex" ? digest.toString("hex") : new Uint8Array(digest).buffer;
        },
      },
    },
  };
  const sent: Sent[] = [];
  const outfile = path.join(folder, "out/script.cjs");
  mkdirSync(path.dirname(outfile), { recursive: true });
  await build({
    entryPoints: [path.join(folder, "script.js")],
    outfile,
    bundle: true,
    format: "cjs",
    platform: "node",
    external: Object.keys(modules),
  });
  const run = new Function("require", "module", "open", "__ENV", readFileSync(outfile, "utf8"));
  const module = { exports: {} as { default(): void } };
  run(
    (name: string) => ({ __esModule: true, ...(modules[name] as object) }),
    module,
    (name: string) => readFileSync(new URL(name, pathToFileURL(`${folder}/`)), "utf8"),
    env,
  );
  module.exports.default();
  assert.equal(sent.length, 1);
  return sent[0] as Sent;
}
