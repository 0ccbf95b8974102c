import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import {
  AddTagsCommand,
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateInferenceComponentCommand,
  CreateModelCommand,
  DeleteEndpointConfigCommand,
  DeleteModelCommand,
  DeleteTagsCommand,
  DescribeInferenceComponentCommand,
  DescribeModelCommand,
  ListInferenceComponentsCommand,
  ListTagsCommand,
  SageMakerClient,
  UpdateInferenceComponentCommand,
  UpdateInferenceComponentRuntimeConfigCommand,
} from "@aws-sdk/client-sagemaker";
import {
  InvokeEndpointAsyncCommand,
  InvokeEndpointCommand,
  InvokeEndpointWithResponseStreamCommand,
  SageMakerRuntimeClient,
} from "@aws-sdk/client-sagemaker-runtime";
import { deployWine, WINE_ROW } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const ROLE = "arn:aws:iam::123456789012:role/wine-role";
let sandbox: TestSandbox;
let sagemaker: SageMakerClient;
let runtime: SageMakerRuntimeClient;
let s3: S3Client;
before(async () => {
  sandbox = await startTestSandbox();
  sagemaker = new SageMakerClient(sandbox.clientConfig());
  runtime = new SageMakerRuntimeClient(sandbox.clientConfig());
  s3 = new S3Client({ ...sandbox.clientConfig(), forcePathStyle: true });
  await deployWine(sandbox);
});
after(async () => {
  for (const client of [sagemaker, runtime, s3]) client.destroy();
  await sandbox.close();
});

const EndpointName = "wine";
const csv = { ContentType: "text/csv", Accept: "text/csv" };
const plain = async (Body: string) =>
  Buffer.from((await runtime.send(new InvokeEndpointCommand({ EndpointName, ...csv, Body }))).Body).toString();

describe("InvokeEndpointWithResponseStream", () => {
  it("gives in parts what InvokeEndpoint gives at once", async () => {
    const Body = `${WINE_ROW}\n`.repeat(200);
    const answer = await runtime.send(
      new InvokeEndpointWithResponseStreamCommand({ EndpointName, ...csv, Body, CustomAttributes: "trace" }),
    );
    assert.equal(answer.InvokedProductionVariant, "AllTraffic");
    assert.match(answer.ContentType!, /^text\/csv/);
    assert.equal(answer.CustomAttributes, "trace");
    const parts: Uint8Array[] = [];
    for await (const event of answer.Body!) parts.push(event.PayloadPart!.Bytes!);
    assert.ok(parts.length > 1, "a long answer comes in parts");
    assert.equal(Buffer.concat(parts).toString(), await plain(Body));
  });

  it("refuses as InvokeEndpoint does", async () => {
    const send = (name: string, Body: string) =>
      runtime.send(new InvokeEndpointWithResponseStreamCommand({ EndpointName: name, ...csv, Body }));
    await assert.rejects(send("nobody", WINE_ROW), {
      name: "ValidationError",
      message: "Endpoint nobody of account 123456789012 not found.",
    });
    await assert.rejects(send(EndpointName, "text"), { name: "ModelError", OriginalStatusCode: 415 });
  });
});

describe("InvokeEndpointAsync", () => {
  before(async () => {
    await s3.send(new CreateBucketCommand({ Bucket: "async-io" }));
    await sagemaker.send(
      new CreateEndpointConfigCommand({
        EndpointConfigName: "async",
        ProductionVariants: [
          { VariantName: "A", ModelName: "wine", InstanceType: "ml.m5.large", InitialInstanceCount: 1 },
        ],
        AsyncInferenceConfig: {
          OutputConfig: { S3OutputPath: "s3://async-io/out", S3FailurePath: "s3://async-io/failed" },
        },
      }),
    );
    await sagemaker.send(new CreateEndpointCommand({ EndpointName: "async", EndpointConfigName: "async" }));
  });
  const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket: "async-io", Key, Body }));
  const invoke = (key: string, more: object = {}) =>
    runtime.send(
      new InvokeEndpointAsyncCommand({
        EndpointName: "async",
        InputLocation: `s3://async-io/${key}`,
        ...csv,
        ...more,
      }),
    );
  const read = async (uri: string | undefined) => {
    const Key = uri!.replace("s3://async-io/", "");
    return (await s3.send(new GetObjectCommand({ Bucket: "async-io", Key }))).Body!.transformToString();
  };

  it("reads its input from S3 and writes the answer there", async () => {
    await put("in.csv", WINE_ROW);
    const answer = await invoke("in.csv", { InferenceId: "mine" });
    assert.equal(answer.$metadata.httpStatusCode, 202);
    assert.equal(answer.InferenceId, "mine");
    assert.match(answer.OutputLocation!, /^s3:\/\/async-io\/out\/[\w-]+\.out$/);
    assert.match(answer.FailureLocation!, /^s3:\/\/async-io\/failed\/[\w-]+-error\.out$/);
    assert.equal(await read(answer.OutputLocation), await plain(WINE_ROW));
  });

  it("writes why it failed to the failure path", async () => {
    await put("bad.csv", "text");
    const answer = await invoke("bad.csv");
    assert.match(await read(answer.FailureLocation), /could not convert string to float/);
    await assert.rejects(read(answer.OutputLocation), { name: "NoSuchKey" });
    const missing = await invoke("nothing.csv");
    assert.match(await read(missing.FailureLocation), /key does not exist/);
  });

  it("needs an endpoint that was made for it", async () => {
    await assert.rejects(
      runtime.send(new InvokeEndpointAsyncCommand({ EndpointName, InputLocation: "s3://async-io/in.csv" })),
      { name: "ValidationError", message: /AsyncInferenceConfig/ },
    );
  });
});

describe("SageMaker's tags and deletions", () => {
  it("tags are added, replaced and taken away", async () => {
    const ResourceArn = `arn:aws:sagemaker:us-east-1:123456789012:endpoint/${EndpointName}`;
    const tags = async () => (await sagemaker.send(new ListTagsCommand({ ResourceArn }))).Tags ?? [];
    const add = (Value: string) =>
      sagemaker.send(
        new AddTagsCommand({
          ResourceArn,
          Tags: [
            { Key: "a", Value },
            { Key: "b", Value },
          ],
        }),
      );
    await add("1");
    await add("2");
    assert.deepEqual(await tags(), [
      { Key: "a", Value: "2" },
      { Key: "b", Value: "2" },
    ]);
    await sagemaker.send(new DeleteTagsCommand({ ResourceArn, TagKeys: ["a", "nothing"] }));
    assert.deepEqual(await tags(), [{ Key: "b", Value: "2" }]);
  });

  it("models and configurations go, and are not found afterwards", async () => {
    const ModelName = "short-lived";
    const { PrimaryContainer } = await sagemaker.send(new DescribeModelCommand({ ModelName: "wine" }));
    await sagemaker.send(new CreateModelCommand({ ModelName, PrimaryContainer, ExecutionRoleArn: ROLE }));
    await sagemaker.send(new DeleteModelCommand({ ModelName }));
    await assert.rejects(sagemaker.send(new DeleteModelCommand({ ModelName })), {
      name: "ValidationException",
      message: `Could not find model "arn:aws:sagemaker:us-east-1:123456789012:model/${ModelName}".`,
    });
    await sagemaker.send(new DeleteEndpointConfigCommand({ EndpointConfigName: "async" }));
    await assert.rejects(sagemaker.send(new DeleteEndpointConfigCommand({ EndpointConfigName: "async" })), {
      name: "ValidationException",
      message: /^Could not find endpoint configuration "arn:/,
    });
  });
});

describe("inference components", () => {
  const variant = {
    VariantName: "AllTraffic",
    InstanceType: "ml.m5.large" as const,
    InitialInstanceCount: 1,
    RoutingConfig: { RoutingStrategy: "LEAST_OUTSTANDING_REQUESTS" as const },
  };
  const specification = (MinMemoryRequiredInMb: number) => ({
    ModelName: "wine",
    ComputeResourceRequirements: { MinMemoryRequiredInMb },
  });

  it("are listed with filters, and their model and copies change", async () => {
    await sagemaker.send(
      new CreateEndpointConfigCommand({
        EndpointConfigName: "shared",
        ExecutionRoleArn: ROLE,
        ProductionVariants: [variant],
      }),
    );
    await sagemaker.send(new CreateEndpointCommand({ EndpointName: "shared", EndpointConfigName: "shared" }));
    for (const InferenceComponentName of ["first", "second"])
      await sagemaker.send(
        new CreateInferenceComponentCommand({
          InferenceComponentName,
          EndpointName: "shared",
          VariantName: "AllTraffic",
          Specification: specification(256),
          RuntimeConfig: { CopyCount: 1 },
        }),
      );
    const list = async (input: object) =>
      (await sagemaker.send(new ListInferenceComponentsCommand(input))).InferenceComponents!.map(
        (one) => one.InferenceComponentName,
      );
    assert.deepEqual((await list({ EndpointNameEquals: "shared" })).sort(), ["first", "second"]);
    assert.deepEqual(await list({ NameContains: "fir" }), ["first"]);
    assert.deepEqual(await list({ StatusEquals: "Failed" }), []);
    assert.deepEqual(await list({ SortBy: "Name", SortOrder: "Descending", MaxResults: 1 }), ["second"]);

    const InferenceComponentName = "first";
    const described = () => sagemaker.send(new DescribeInferenceComponentCommand({ InferenceComponentName }));
    await sagemaker.send(
      new UpdateInferenceComponentRuntimeConfigCommand({
        InferenceComponentName,
        DesiredRuntimeConfig: { CopyCount: 2 },
      }),
    );
    assert.deepEqual((await described()).RuntimeConfig, { DesiredCopyCount: 2, CurrentCopyCount: 2 });
    await sagemaker.send(
      new UpdateInferenceComponentCommand({ InferenceComponentName, Specification: specification(512) }),
    );
    const changed = await described();
    assert.equal(changed.InferenceComponentStatus, "InService");
    assert.equal(changed.Specification?.ComputeResourceRequirements?.MinMemoryRequiredInMb, 512);
    await assert.rejects(
      sagemaker.send(
        new UpdateInferenceComponentRuntimeConfigCommand({
          InferenceComponentName: "nobody",
          DesiredRuntimeConfig: { CopyCount: 1 },
        }),
      ),
      { name: "ValidationException", message: /^Could not find inference component "/ },
    );
  });

  it("come, change and go by CloudFormation", async () => {
    const cloudFormation = new CloudFormationClient(sandbox.clientConfig());
    const StackName = "component";
    const template = (copies: number) =>
      JSON.stringify({
        Resources: {
          Config: {
            Type: "AWS::SageMaker::EndpointConfig",
            Properties: {
              ExecutionRoleArn: ROLE,
              ProductionVariants: [
                { ...variant, ManagedInstanceScaling: { Status: "ENABLED", MinInstanceCount: 1, MaxInstanceCount: 2 } },
              ],
            },
          },
          Endpoint: {
            Type: "AWS::SageMaker::Endpoint",
            Properties: { EndpointConfigName: { "Fn::GetAtt": ["Config", "EndpointConfigName"] } },
          },
          Component: {
            Type: "AWS::SageMaker::InferenceComponent",
            Properties: {
              EndpointName: { "Fn::GetAtt": ["Endpoint", "EndpointName"] },
              VariantName: "AllTraffic",
              Specification: specification(256),
              RuntimeConfig: { CopyCount: copies },
            },
          },
          Target: {
            Type: "AWS::ApplicationAutoScaling::ScalableTarget",
            Properties: {
              ServiceNamespace: "sagemaker",
              ScalableDimension: "sagemaker:inference-component:DesiredCopyCount",
              ResourceId: {
                "Fn::Join": ["/", ["inference-component", { "Fn::GetAtt": ["Component", "InferenceComponentName"] }]],
              },
              MinCapacity: 1,
              MaxCapacity: 4,
            },
          },
        },
        Outputs: {
          Name: { Value: { "Fn::GetAtt": ["Component", "InferenceComponentName"] } },
          Endpoint: { Value: { "Fn::GetAtt": ["Endpoint", "EndpointName"] } },
          Ref: { Value: { Ref: "Component" } },
        },
      });
    const stack = async () => {
      const [found] = (await cloudFormation.send(new DescribeStacksCommand({ StackName }))).Stacks!;
      const outputs = (found!.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]);
      return { status: found!.StackStatus, reason: found!.StackStatusReason, ...Object.fromEntries(outputs) };
    };
    await cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody: template(1) }));
    const made = await stack();
    assert.equal(made.status, "CREATE_COMPLETE", made.reason);
    assert.match(made.Ref, /:inference-component\/component-Component-[A-Za-z0-9]{12}$/i);
    const answer = await runtime.send(
      new InvokeEndpointCommand({
        EndpointName: made.Endpoint,
        InferenceComponentName: made.Name,
        ...csv,
        Body: WINE_ROW,
      }),
    );
    assert.equal(Buffer.from(answer.Body).toString(), await plain(WINE_ROW));
    await cloudFormation.send(new UpdateStackCommand({ StackName, TemplateBody: template(2) }));
    const events = await cloudFormation.send(new DescribeStackEventsCommand({ StackName }));
    const failed = events.StackEvents!.flatMap((one) =>
      /FAILED/.test(one.ResourceStatus!) ? one.ResourceStatusReason : [],
    );
    assert.deepEqual(failed, []);
    assert.equal((await stack()).status, "UPDATE_COMPLETE");
    const { RuntimeConfig } = await sagemaker.send(
      new DescribeInferenceComponentCommand({ InferenceComponentName: made.Name }),
    );
    assert.equal(RuntimeConfig?.DesiredCopyCount, 2);
    await cloudFormation.send(new DeleteStackCommand({ StackName }));
    const left = await sagemaker.send(new ListInferenceComponentsCommand({ NameContains: "component-" }));
    assert.deepEqual(left.InferenceComponents, []);
    cloudFormation.destroy();
  });
});
