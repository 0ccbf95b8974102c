import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  CreateFunctionCommand,
  DeleteLayerVersionCommand,
  GetFunctionConfigurationCommand,
  GetLayerVersionByArnCommand,
  GetLayerVersionCommand,
  InvokeCommand,
  LambdaClient,
  ListLayersCommand,
  ListLayerVersionsCommand,
  PublishLayerVersionCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { unzipSync } from "fflate";
import { findPython } from "../../src/sandbox/lambda/pythonRuntime.ts";
import { zipOf } from "./functions.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

let sandbox: TestSandbox;
let lambda: LambdaClient;

before(async () => {
  sandbox = await startTestSandbox();
  lambda = new LambdaClient(sandbox.clientConfig());
  const iam = new IAMClient(sandbox.clientConfig());
  const trust = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
  };
  await iam.send(new CreateRoleCommand({ RoleName: "fn", AssumeRolePolicyDocument: JSON.stringify(trust) }));
  iam.destroy();
});
after(async () => {
  lambda.destroy();
  await sandbox.close();
});

const publish = (LayerName: string, files: Record<string, string>, more: object = {}) =>
  lambda.send(new PublishLayerVersionCommand({ LayerName, Content: { ZipFile: zipOf(files) }, ...more }));
const create = (FunctionName: string, Runtime: "nodejs22.x" | "python3.12", Code: object, Layers: string[]) =>
  lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Role: "arn:aws:iam::123456789012:role/fn",
      Runtime,
      Handler: "index.handler",
      Timeout: 10,
      Code,
      Layers,
    }),
  );
async function invoke(FunctionName: string): Promise<string> {
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName }));
  return Buffer.from(Payload!).toString();
}
const greeter = (word: string) => ({ "nodejs/node_modules/greeter/index.js": `module.exports = "${word}";` });

describe("Lambda layers", () => {
  it("functionality: code finds what its layers bring; the last layer wins, and a deleted one stays with its function", async () => {
    const one = (await publish("greet", greeter("one"), { CompatibleRuntimes: ["nodejs22.x"] })).LayerVersionArn!;
    const two = (await publish("greet", greeter("two"))).LayerVersionArn!;
    assert.match(two, /:layer:greet:2$/);
    const ZipFile = zipOf({ "index.js": 'exports.handler = async () => require("greeter");' });
    const made = await create("js", "nodejs22.x", { ZipFile }, [one, two]);
    assert.deepEqual(
      made.Layers?.map(({ Arn }) => Arn),
      [one, two],
    );
    assert.equal(await invoke("js"), '"two"');
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: "js", Layers: [one] }));
    assert.equal(await invoke("js"), '"one"');
    await lambda.send(new DeleteLayerVersionCommand({ LayerName: "greet", VersionNumber: 1 }));
    assert.equal(await invoke("js"), '"one"');
    await assert.rejects(create("late", "nodejs22.x", { ZipFile }, [one]), {
      name: "InvalidParameterValueException",
      message: `Layer version ${one} does not exist.`,
    });
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: "js", Layers: [] }));
    const bare = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: "js" }));
    assert.equal(bare.Layers, undefined);
    assert.match(await invoke("js"), /Cannot find module 'greeter'/);
  });

  it("functionality: a Python layer is on the path", async (t) => {
    if (!findPython()) return t.skip("there is no python3 on this machine");
    const { LayerVersionArn } = await publish("words", { "python/words.py": 'WORD = "hello"' });
    const ZipFile = zipOf({ "index.py": "import words\ndef handler(event, context):\n    return words.WORD\n" });
    await create("py", "python3.12", { ZipFile }, [LayerVersionArn!]);
    assert.equal(await invoke("py"), '"hello"');
  });

  it("functionality: versions are listed newest first, described and downloaded", async () => {
    const first = await publish("listed", greeter("a"), { Description: "first", CompatibleRuntimes: ["nodejs22.x"] });
    await publish("listed", greeter("b"), { CompatibleRuntimes: ["python3.12"] });
    const versions = async (more: object = {}) =>
      (await lambda.send(new ListLayerVersionsCommand({ LayerName: "listed", ...more }))).LayerVersions?.map(
        ({ Version }) => Version,
      );
    assert.deepEqual(await versions(), [2, 1]);
    assert.deepEqual(await versions({ CompatibleRuntime: "nodejs22.x" }), [1]);
    const { Layers = [] } = await lambda.send(new ListLayersCommand({}));
    assert.equal(Layers.find(({ LayerName }) => LayerName === "listed")?.LatestMatchingVersion?.Version, 2);
    const found = await lambda.send(new GetLayerVersionByArnCommand({ Arn: first.LayerVersionArn }));
    assert.equal(found.Description, "first");
    const bytes = await (await fetch(found.Content?.Location ?? "")).arrayBuffer();
    assert.deepEqual(Object.keys(unzipSync(new Uint8Array(bytes))), Object.keys(greeter("a")));
    await lambda.send(new DeleteLayerVersionCommand({ LayerName: "listed", VersionNumber: 2 }));
    await assert.rejects(lambda.send(new GetLayerVersionCommand({ LayerName: "listed", VersionNumber: 2 })), {
      name: "ResourceNotFoundException",
      message: "The resource you requested does not exist.",
    });
  });
});
