import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateInferenceComponentCommand,
  DescribeEndpointCommand,
  DescribeInferenceComponentCommand,
  DescribeModelCommand,
  SageMakerClient,
} from "@aws-sdk/client-sagemaker";
import { sideName } from "../../src/domain/batchComparison.ts";
import { predictOnBoth } from "../../src/services/batchPredictor.ts";
import { Connections } from "../../src/services/connections.ts";
import { Endpoints } from "../../src/services/endpoints.ts";
import { MetricPoller } from "../../src/services/metricPoller.ts";
import { Predictor } from "../../src/services/predictor.ts";
import { deployWine, eventually, WINE_ROW } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

let sandbox: TestSandbox;
let sagemaker: SageMakerClient;
const connections = new Connections();

before(async () => {
  sandbox = await startTestSandbox({ timeScale: 300 });
  await deployWine(sandbox);
  sagemaker = new SageMakerClient(sandbox.clientConfig());
  const { ExecutionRoleArn } = await sagemaker.send(new DescribeModelCommand({ ModelName: "wine" }));
  await sagemaker.send(
    new CreateEndpointConfigCommand({
      EndpointConfigName: "shared",
      ExecutionRoleArn,
      ProductionVariants: [{ VariantName: "AllTraffic", InstanceType: "ml.m5.large", InitialInstanceCount: 1 }],
    }),
  );
  await sagemaker.send(new CreateEndpointCommand({ EndpointName: "shared", EndpointConfigName: "shared" }));
  await eventually("the endpoint is in service", async () => {
    const { EndpointStatus } = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: "shared" }));
    return EndpointStatus === "InService";
  });
  await sagemaker.send(
    new CreateInferenceComponentCommand({
      InferenceComponentName: "wine-part",
      EndpointName: "shared",
      VariantName: "AllTraffic",
      Specification: {
        ModelName: "wine",
        ComputeResourceRequirements: { MinMemoryRequiredInMb: 256, NumberOfCpuCoresRequired: 1 },
      },
      RuntimeConfig: { CopyCount: 1 },
    }),
  );
  await eventually("the component is in service", async () => {
    const input = { InferenceComponentName: "wine-part" };
    return (
      (await sagemaker.send(new DescribeInferenceComponentCommand(input))).InferenceComponentStatus === "InService"
    );
  });
  await connections.connect({ kind: "sandbox", sandbox: { ...sandbox, timeScale: 300 } });
});
after(async () => {
  connections.disconnect();
  sagemaker.destroy();
  await sandbox.close();
});

it("a component is one side of a comparison", async () => {
  const sides = [{ endpointName: "wine" }, { endpointName: "shared", inferenceComponent: "wine-part" }] as const;
  const rows = [{ line: 1, body: WINE_ROW }];
  const predictor = new Predictor(connections);
  const [a, b] = await predictOnBoth(predictor, rows, { sides: [...sides], classes: ["0", "1", "2"] });
  assert.deepEqual([a[0]?.predicted, b[0]?.predicted], ["0", "0"]);
  assert.equal(sideName(sides[1]), "shared/wine-part");
  assert.deepEqual(await new Endpoints(connections).inferenceComponents("shared"), ["wine-part"]);
});

it("the charts have the figures of each inference component, and its copies", async () => {
  const predictor = new Predictor(connections);
  const request = { endpointName: "shared", contentType: "text/csv", body: WINE_ROW, inferenceComponent: "wine-part" };
  assert.equal((await predictor.predict(request)).status, 200);
  const poller = new MetricPoller(connections);
  const part = await eventually("the request is in the metrics", async () => {
    const [found] = (await poller.read("shared", 15)).components ?? [];
    return found?.series.some(({ id, points }) => id === "copies" && points.length > 0) && found;
  });
  assert.equal(part.name, "wine-part");
  const last = (id: string) => part.series.find((series) => series.id === id)?.points.at(-1)?.value ?? 0;
  assert.equal(last("copies"), 1);
  assert.ok(last("invocationsPerSecond") > 0);
  assert.ok(last("modelLatencyP50Ms") > 0);
  const { components } = await poller.read("wine", 15);
  assert.deepEqual(components, []);
});
