import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { ApplicationAutoScalingClient, RegisterScalableTargetCommand } from "@aws-sdk/client-application-auto-scaling";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateInferenceComponentCommand,
  CreateModelCommand,
  DeleteEndpointCommand,
  DeleteInferenceComponentCommand,
  DescribeEndpointCommand,
  DescribeInferenceComponentCommand,
  DescribeModelCommand,
  ListEndpointsCommand,
  ListModelsCommand,
  ListTagsCommand,
  SageMakerClient,
  UpdateEndpointWeightsAndCapacitiesCommand,
} from "@aws-sdk/client-sagemaker";
import { InvokeEndpointCommand, SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1";
const ROW = "14.23,1.71,2.43,15.6,127,2.8,3.06,0.28,2.29,5.64,1.04,3.92,1065";
let sandbox: TestSandbox;
let sagemaker: SageMakerClient;
let runtime: SageMakerRuntimeClient;
let roleArn: string;

before(async () => {
  sandbox = await startTestSandbox();
  sagemaker = new SageMakerClient(sandbox.clientConfig());
  runtime = new SageMakerRuntimeClient(sandbox.clientConfig());
  const s3 = new S3Client({ ...sandbox.clientConfig(), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: "models" }));
  const archive = await readFile(new URL("../../infra/model/model.tar.gz", import.meta.url));
  await s3.send(new PutObjectCommand({ Bucket: "models", Key: "wine/model.tar.gz", Body: archive }));
  const iam = new IAMClient(sandbox.clientConfig());
  const trust = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: "sagemaker.amazonaws.com" }, Action: "sts:AssumeRole" }],
  };
  const role = await iam.send(
    new CreateRoleCommand({ RoleName: "sagemaker-role", AssumeRolePolicyDocument: JSON.stringify(trust) }),
  );
  roleArn = role.Role?.Arn ?? "";
});
after(() => sandbox.close());

async function createModel(name: string): Promise<void> {
  await sagemaker.send(
    new CreateModelCommand({
      ModelName: name,
      PrimaryContainer: { Image: IMAGE, ModelDataUrl: "s3://models/wine/model.tar.gz" },
      ExecutionRoleArn: roleArn,
      Tags: [{ Key: "team", Value: "wine" }],
    }),
  );
}

async function createEndpoint(name: string, modelName: string): Promise<void> {
  await sagemaker.send(
    new CreateEndpointConfigCommand({
      EndpointConfigName: `${name}-config`,
      ProductionVariants: [
        { VariantName: "AllTraffic", ModelName: modelName, InstanceType: "ml.m5.large", InitialInstanceCount: 1 },
      ],
    }),
  );
  await sagemaker.send(new CreateEndpointCommand({ EndpointName: name, EndpointConfigName: `${name}-config` }));
}

describe("serialization", () => {
  test("what was created is described with the same members, and absent members stay absent", async () => {
    await createModel("wine-serialization");
    const model = await sagemaker.send(new DescribeModelCommand({ ModelName: "wine-serialization" }));
    assert.equal(model.PrimaryContainer?.Image, IMAGE);
    assert.equal(model.ModelArn, "arn:aws:sagemaker:us-east-1:123456789012:model/wine-serialization");
    assert.ok(model.CreationTime instanceof Date);
    assert.equal("VpcConfig" in model && model.VpcConfig !== undefined, false);
    const tags = await sagemaker.send(new ListTagsCommand({ ResourceArn: model.ModelArn }));
    assert.deepEqual(tags.Tags, [{ Key: "team", Value: "wine" }]);
  });
});

describe("validation", () => {
  const refuses = async (promise: Promise<unknown>, name: string, message: string | RegExp) =>
    assert.rejects(promise, (e: Error) => {
      assert.equal(e.name, name);
      if (typeof message === "string") assert.equal(e.message, message);
      else assert.match(e.message, message);
      return true;
    });

  test("an endpoint that does not exist is named by its ARN", () =>
    refuses(
      sagemaker.send(new DescribeEndpointCommand({ EndpointName: "nope" })),
      "ValidationException",
      'Could not find endpoint "arn:aws:sagemaker:us-east-1:123456789012:endpoint/nope".',
    ));
  test("an instance type outside the enum is refused in AWS's words", () =>
    refuses(
      sagemaker.send(
        new CreateEndpointConfigCommand({
          EndpointConfigName: "x",
          ProductionVariants: [
            { VariantName: "a", ModelName: "m", InstanceType: "ml.huge" as never, InitialInstanceCount: 1 },
          ],
        }),
      ),
      "ValidationException",
      /^1 validation error detected: Value 'ml\.huge' at 'productionVariants\.1\.member\.instanceType' failed to satisfy constraint: Member must satisfy enum value set: \[/,
    ));
  test("a model needs its artifact", () =>
    refuses(
      sagemaker.send(
        new CreateModelCommand({
          ModelName: "m",
          ExecutionRoleArn: roleArn,
          PrimaryContainer: { Image: IMAGE, ModelDataUrl: "s3://models/none.tar.gz" },
        }),
      ),
      "ValidationException",
      "Could not find model data at s3://models/none.tar.gz.",
    ));
  test("a model needs a role that SageMaker can assume", () =>
    refuses(
      sagemaker.send(
        new CreateModelCommand({
          ModelName: "m",
          ExecutionRoleArn: "arn:aws:iam::123456789012:role/missing",
          PrimaryContainer: { Image: IMAGE, ModelDataUrl: "s3://models/wine/model.tar.gz" },
        }),
      ),
      "ValidationException",
      /^Could not assume role arn:aws:iam::123456789012:role\/missing\./,
    ));
  test("names are unique", async () => {
    await createModel("twice");
    await refuses(
      createModel("twice"),
      "ValidationException",
      'Cannot create already existing model "arn:aws:sagemaker:us-east-1:123456789012:model/twice".',
    );
  });
});

describe("quota", () => {
  test("a large GPU type has none, and the error says how many there are", async () => {
    await createModel("gpu");
    await sagemaker.send(
      new CreateEndpointConfigCommand({
        EndpointConfigName: "gpu-config",
        ProductionVariants: [
          { VariantName: "v", ModelName: "gpu", InstanceType: "ml.p4d.24xlarge", InitialInstanceCount: 1 },
        ],
      }),
    );
    await assert.rejects(
      sagemaker.send(new CreateEndpointCommand({ EndpointName: "gpu", EndpointConfigName: "gpu-config" })),
      (e: Error) => {
        assert.equal(e.name, "ResourceLimitExceeded");
        assert.match(
          e.message,
          /^The account-level service limit 'ml\.p4d\.24xlarge for endpoint usage' is 0 Instances, with current utilization of 0 Instances and a request delta of 1 Instances\./,
        );
        return true;
      },
    );
  });
});

describe("functionality", () => {
  test("an endpoint predicts, scales by hand, and goes", async () => {
    await createModel("wine");
    await createEndpoint("wine", "wine");
    const created = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: "wine" }));
    assert.equal(created.EndpointStatus, "InService");
    assert.equal(created.ProductionVariants?.[0]?.CurrentInstanceCount, 1);

    const answer = await runtime.send(
      new InvokeEndpointCommand({ EndpointName: "wine", ContentType: "text/csv", Body: ROW }),
    );
    const probabilities = new TextDecoder().decode(answer.Body).trim().split(",").map(Number);
    assert.equal(probabilities.length, 3);
    assert.ok((probabilities[0] ?? 0) > 0.9, String(probabilities));
    assert.equal(answer.InvokedProductionVariant, "AllTraffic");

    await sagemaker.send(
      new UpdateEndpointWeightsAndCapacitiesCommand({
        EndpointName: "wine",
        DesiredWeightsAndCapacities: [{ VariantName: "AllTraffic", DesiredInstanceCount: 3 }],
      }),
    );
    const scaled = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: "wine" }));
    assert.equal(scaled.ProductionVariants?.[0]?.CurrentInstanceCount, 3);

    await sagemaker.send(new DeleteEndpointCommand({ EndpointName: "wine" }));
    await assert.rejects(sagemaker.send(new DescribeEndpointCommand({ EndpointName: "wine" })), {
      name: "ValidationException",
    });
    await assert.rejects(
      runtime.send(new InvokeEndpointCommand({ EndpointName: "wine", ContentType: "text/csv", Body: ROW })),
      { name: "ValidationError", message: "Endpoint wine of account 123456789012 not found." },
    );
  });

  test("a container's refusal is a ModelError with its members", async () => {
    await createModel("errors");
    await createEndpoint("errors", "errors");
    await assert.rejects(
      runtime.send(new InvokeEndpointCommand({ EndpointName: "errors", ContentType: "application/json", Body: "{}" })),
      (e: Error & { OriginalStatusCode?: number; OriginalMessage?: string; LogStreamArn?: string }) => {
        assert.equal(e.name, "ModelError");
        assert.equal(e.OriginalStatusCode, 415);
        assert.match(e.message, /^Received client error \(415\) from primary with message "/);
        assert.match(e.LogStreamArn ?? "", /log-group:\/aws\/sagemaker\/Endpoints\/errors/);
        return true;
      },
    );
  });

  test("an image that cannot be run fails the endpoint as a failed health check", async () => {
    await sagemaker.send(
      new CreateModelCommand({
        ModelName: "foreign",
        ExecutionRoleArn: roleArn,
        PrimaryContainer: { Image: "123456789012.dkr.ecr.us-east-1.amazonaws.com/own:1" },
      }),
    );
    await createEndpoint("foreign", "foreign");
    const endpoint = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: "foreign" }));
    assert.equal(endpoint.EndpointStatus, "Failed");
    assert.match(endpoint.FailureReason ?? "", /did not pass the ping health check/);
  });

  test("lists are paged, filtered and sorted", async () => {
    for (const name of ["page-a", "page-b", "page-c"]) await createModel(name);
    const first = await sagemaker.send(
      new ListModelsCommand({ NameContains: "page-", SortBy: "Name", SortOrder: "Ascending", MaxResults: 2 }),
    );
    assert.deepEqual(
      first.Models?.map((m) => m.ModelName),
      ["page-a", "page-b"],
    );
    const second = await sagemaker.send(
      new ListModelsCommand({
        NameContains: "page-",
        SortBy: "Name",
        SortOrder: "Ascending",
        MaxResults: 2,
        NextToken: first.NextToken,
      }),
    );
    assert.deepEqual(
      second.Models?.map((m) => m.ModelName),
      ["page-c"],
    );
    assert.equal(second.NextToken, undefined);
  });

  test("regions do not see one another", async () => {
    const elsewhere = new SageMakerClient(sandbox.clientConfig("eu-west-1"));
    assert.deepEqual((await elsewhere.send(new ListEndpointsCommand({}))).Endpoints, []);
  });
});

describe("inference components", () => {
  test("a model on a variant's instances answers by its name, and its copies scale", async () => {
    await createModel("shared");
    await sagemaker.send(
      new CreateEndpointConfigCommand({
        EndpointConfigName: "hosts-config",
        ExecutionRoleArn: roleArn,
        ProductionVariants: [{ VariantName: "AllTraffic", InstanceType: "ml.m5.large", InitialInstanceCount: 1 }],
      }),
    );
    await sagemaker.send(new CreateEndpointCommand({ EndpointName: "hosts", EndpointConfigName: "hosts-config" }));
    await sagemaker.send(
      new CreateInferenceComponentCommand({
        InferenceComponentName: "part",
        EndpointName: "hosts",
        VariantName: "AllTraffic",
        Specification: { ModelName: "shared", ComputeResourceRequirements: { MinMemoryRequiredInMb: 512 } },
        RuntimeConfig: { CopyCount: 1 },
      }),
    );
    const request = { EndpointName: "hosts", ContentType: "text/csv", Body: ROW };
    await assert.rejects(runtime.send(new InvokeEndpointCommand(request)), {
      name: "ValidationError",
      message: /^Inference Component Name header is required/,
    });
    const answer = await runtime.send(new InvokeEndpointCommand({ ...request, InferenceComponentName: "part" }));
    assert.equal(new TextDecoder().decode(answer.Body).trim().split(",").length, 3);

    const scaling = new ApplicationAutoScalingClient(sandbox.clientConfig());
    await scaling.send(
      new RegisterScalableTargetCommand({
        ServiceNamespace: "sagemaker",
        ResourceId: "inference-component/part",
        ScalableDimension: "sagemaker:inference-component:DesiredCopyCount",
        MinCapacity: 2,
        MaxCapacity: 4,
      }),
    );
    const scaled = await sagemaker.send(new DescribeInferenceComponentCommand({ InferenceComponentName: "part" }));
    assert.deepEqual(scaled.RuntimeConfig, { DesiredCopyCount: 2, CurrentCopyCount: 2 });
    assert.equal(scaled.InferenceComponentStatus, "InService");

    await sagemaker.send(new DeleteInferenceComponentCommand({ InferenceComponentName: "part" }));
    await assert.rejects(sagemaker.send(new DescribeInferenceComponentCommand({ InferenceComponentName: "part" })), {
      name: "ValidationException",
      message: /^Could not find inference component "/,
    });
  });
});
