import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { ApplicationAutoScalingClient, RegisterScalableTargetCommand } from "@aws-sdk/client-application-auto-scaling";
import { CloudWatchClient, GetMetricDataCommand, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import {
  CreateEndpointConfigCommand,
  DescribeEndpointCommand,
  ListEndpointsCommand,
  SageMakerClient,
} from "@aws-sdk/client-sagemaker";
import { type RawRequest, send, signed } from "./raw.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

let sandbox: TestSandbox;
let sagemaker: SageMakerClient;
let cloudwatch: CloudWatchClient;
let s3: S3Client;
before(async () => {
  sandbox = await startTestSandbox();
  sagemaker = new SageMakerClient(sandbox.clientConfig());
  cloudwatch = new CloudWatchClient(sandbox.clientConfig());
  s3 = new S3Client({ ...sandbox.clientConfig(), forcePathStyle: true });
});
after(async () => {
  for (const client of [sagemaker, cloudwatch, s3]) client.destroy();
  await sandbox.close();
});

const json = (target: string, body: string | Uint8Array, more: Record<string, string> = {}): RawRequest => ({
  target: "/",
  headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": target, ...more },
  body,
});
const form = (body: string): RawRequest => ({
  target: "/",
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body,
});
const ask = async (raw: RawRequest, service: string) =>
  send(sandbox.endpoint, await signed(sandbox.endpoint, raw, { ...sandbox, service }));

describe("what the sandbox does not have", () => {
  const says = async (raw: RawRequest, service: string, what: RegExp, code: RegExp) => {
    const answer = await ask(raw, service);
    assert.ok([404, 501].includes(answer.status), `${answer.status} ${answer.text}`);
    assert.match(answer.text, what);
    assert.match(answer.text + String(answer.headers["x-amzn-errortype"]), code);
  };
  const unknown = /UnknownOperationException/;

  it("JSON", () =>
    says(
      json("SageMaker.CreateNotebookInstance", "{}"),
      "sagemaker",
      /does not implement sagemaker:CreateNotebookInstance/,
      unknown,
    ));
  it("JSON of a service that is not there", () =>
    says(json("DynamoDB_20120810.ListTables", "{}"), "dynamodb", /does not implement dynamodb:ListTables/, unknown));
  it("CBOR", async () => {
    const headers = {
      "smithy-protocol": "rpc-v2-cbor",
      "content-type": "application/cbor",
      accept: "application/cbor",
    };
    const target = "/service/GraniteServiceVersion20100801/operation/PutMetricStream";
    await says(
      { target, headers, body: Buffer.from([0xa0]) },
      "monitoring",
      /does not implement monitoring:PutMetricStream/,
      unknown,
    );
  });
  it("Query", () =>
    says(
      form("Action=GenerateOrganizationsAccessReport&EntityPath=a&Version=2010-05-08"),
      "iam",
      /does not implement iam:GenerateOrganizationsAccessReport/,
      /InvalidAction/,
    ));
  it("REST-JSON", () =>
    says(
      { method: "GET", target: "/2015-03-31/event-source-mappings/" },
      "lambda",
      /does not implement lambda GET \/2015-03-31\/event-source-mappings\//,
      unknown,
    ));
  it("REST-XML", () =>
    says(
      { method: "PUT", target: "/bucket?object-lock", body: "<a/>" },
      "s3",
      /does not implement s3 PUT \/bucket/,
      /NotImplemented/,
    ));
});

describe("wrong types and broken limits", () => {
  it("a JSON value of the wrong type is a SerializationException that names the member", async () => {
    for (const [body, where] of [
      ['{"MaxResults":"ten"}', /maxResults.*number/],
      ['{"NameContains":5}', /nameContains.*string/],
      ['{"CreationTimeAfter":"yesterday"}', /./],
      ['{"NameContains":{"a":1}}', /nameContains.*string/],
      ['{"NameContains":["a"]}', /nameContains.*string/],
    ] as const) {
      const answer = await ask(json("SageMaker.ListEndpoints", body), "sagemaker");
      assert.equal(answer.status, 400, `${body}: ${answer.text}`);
      const { __type, message } = JSON.parse(answer.text) as { __type: string; message: string };
      assert.equal(__type, "SerializationException", body);
      assert.match(message, where);
    }
    const list = await ask(
      json("SageMaker.CreateEndpointConfig", '{"EndpointConfigName":"a","ProductionVariants":{"a":1}}'),
      "sagemaker",
    );
    assert.match(list.text, /SerializationException.*productionVariants.*list/);
  });

  it("text for a number in a form", async () => {
    const answer = await ask(
      form("Action=AssumeRole&Version=2011-06-15&RoleArn=a&RoleSessionName=ab&DurationSeconds=x"),
      "sts",
    );
    assert.equal(answer.status, 400);
    assert.match(answer.text, /SerializationException|MalformedInput|ValidationError/);
  });

  it("constraints are refused in AWS's words, all at once", async () => {
    await assert.rejects(
      sagemaker.send(new DescribeEndpointCommand({ EndpointName: "bad name!" })),
      (e: Error) =>
        e.name === "ValidationException" &&
        e.message.startsWith(
          "1 validation error detected: Value 'bad name!' at 'endpointName' failed to satisfy constraint: Member must satisfy regular expression pattern: ",
        ),
    );
    await assert.rejects(
      sagemaker.send(new ListEndpointsCommand({ MaxResults: 101, StatusEquals: "Nope" as never })),
      (e: Error) => {
        assert.match(e.message, /^2 validation errors detected: /);
        assert.match(
          e.message,
          /Value '101' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 100/,
        );
        assert.match(
          e.message,
          /Value 'Nope' at 'statusEquals' failed to satisfy constraint: Member must satisfy enum value set: \[/,
        );
        return true;
      },
    );
    await assert.rejects(
      sagemaker.send(new CreateEndpointConfigCommand({ EndpointConfigName: "a", ProductionVariants: [] })),
      /Value '\[\]' at 'productionVariants' failed to satisfy constraint: Member must have length greater than or equal to 1/,
    );
    await assert.rejects(
      sagemaker.send(new DescribeEndpointCommand({} as never)),
      /Value null at 'endpointName' failed to satisfy constraint: Member must not be null/,
    );
  });

  it("nested members are found by their place", async () => {
    const autoscaling = new ApplicationAutoScalingClient(sandbox.clientConfig());
    await assert.rejects(
      autoscaling.send(
        new RegisterScalableTargetCommand({
          ServiceNamespace: "sagemaker",
          ResourceId: "",
          ScalableDimension: "sagemaker:variant:DesiredInstanceCount",
        }),
      ),
      /at 'resourceId' failed to satisfy constraint: Member must have length greater than or equal to 1/,
    );
    autoscaling.destroy();
    await assert.rejects(
      sagemaker.send(
        new CreateEndpointConfigCommand({
          EndpointConfigName: "a",
          ProductionVariants: [
            { VariantName: "a", ModelName: "m", InstanceType: "ml.m5.large", InitialInstanceCount: 1 },
            { VariantName: "b", ModelName: "m", InstanceType: "ml.m5.large", InitialInstanceCount: 0 },
          ],
        }),
      ),
      /Value '0' at 'productionVariants\.2\.member\.initialInstanceCount'/,
    );
  });
});

describe("wrapped bodies", () => {
  it("gzip, as the CloudWatch client compresses its large requests", async () => {
    const at = new Date();
    const MetricData = Array.from({ length: 400 }, (_, i) => ({
      MetricName: "Compressed",
      Dimensions: [{ Name: "d", Value: "v".repeat(60) }],
      Timestamp: at,
      Value: i,
    }));
    let encoding: unknown;
    cloudwatch.middlewareStack.add(
      (next) => async (args) => {
        encoding = (args.request as { headers: Record<string, string> }).headers["content-encoding"];
        return next(args);
      },
      { step: "finalizeRequest", priority: "low", name: "watchEncoding" },
    );
    await cloudwatch.send(new PutMetricDataCommand({ Namespace: "Wire", MetricData }));
    cloudwatch.middlewareStack.remove("watchEncoding");
    assert.equal(encoding, "gzip", "the client did not compress: the test proves nothing");
    const answer = await cloudwatch.send(
      new GetMetricDataCommand({
        StartTime: new Date(at.getTime() - 3_600_000),
        EndTime: new Date(at.getTime() + 3_600_000),
        MetricDataQueries: [
          {
            Id: "m",
            MetricStat: {
              Metric: { Namespace: "Wire", MetricName: "Compressed", Dimensions: MetricData[0]?.Dimensions },
              Period: 3600,
              Stat: "SampleCount",
            },
          },
        ],
      }),
    );
    assert.deepEqual(
      answer.MetricDataResults?.[0]?.Values?.reduce((a, b) => a + b, 0),
      400,
    );
  });

  it("a broken gzip body, and one that grows beyond all bounds, are refused", async () => {
    const bomb = gzipSync(Buffer.alloc(80 * 1024 * 1024));
    for (const body of [Buffer.from("not gzip"), bomb]) {
      const raw = json("SageMaker.ListEndpoints", body, { "content-encoding": "gzip" });
      const answer = await ask(raw, "sagemaker");
      assert.equal(answer.status, 400);
      assert.match(answer.text, /SerializationException.*gzip/);
    }
  });

  it("aws-chunked with a trailing checksum, as the client sends a stream to S3", async () => {
    await s3.send(new CreateBucketCommand({ Bucket: "chunked" }));
    const body = Readable.from([Buffer.from("hello "), Buffer.from("world")]);
    await s3.send(new PutObjectCommand({ Bucket: "chunked", Key: "k", Body: body, ContentLength: 11 }));
    const got = await s3.send(new GetObjectCommand({ Bucket: "chunked", Key: "k" }));
    assert.equal(await got.Body?.transformToString(), "hello world");
  });

  it("aws-chunked bodies that are cut off, mislabelled or falsified are refused", async () => {
    const put = (body: string, more: Record<string, string> = {}) =>
      ask(
        {
          method: "PUT",
          target: "/chunked/bad",
          headers: {
            "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            "content-encoding": "aws-chunked",
            "x-amz-decoded-content-length": "5",
            ...more,
          },
          body,
        },
        "s3",
      );
    const codeOf = async (answer: ReturnType<typeof put>) => /<Code>(\w+)</.exec((await answer).text)?.[1];
    const trailer = { "x-amz-trailer": "x-amz-checksum-crc32" };
    assert.equal(await codeOf(put("5\r\nhel")), "IncompleteBody");
    assert.equal(await codeOf(put("4\r\nhell\r\n0\r\n\r\n")), "IncompleteBody");
    assert.equal(await codeOf(put("zz\r\nhello\r\n0\r\n\r\n")), "InvalidRequest");
    assert.equal(await codeOf(put("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", trailer)), "BadDigest");
    assert.equal((await put("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", trailer)).status, 200);
  });
});
