import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
} from "@aws-sdk/client-cloudformation";
import { CloudWatchClient, GetMetricStatisticsCommand, type StandardUnit } from "@aws-sdk/client-cloudwatch";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteMetricFilterCommand,
  DeleteSubscriptionFilterCommand,
  DescribeLogGroupsCommand,
  DescribeMetricFiltersCommand,
  DescribeSubscriptionFiltersCommand,
  FilterLogEventsCommand,
  PutLogEventsCommand,
  PutMetricFilterCommand,
  type PutMetricFilterCommandInput,
  PutSubscriptionFilterCommand,
  TestMetricFilterCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { AddPermissionCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { eventually } from "./endpoints.ts";
import { createFunction } from "./functions.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const logGroupName = "app";
let sandbox: TestSandbox;
let logs: CloudWatchLogsClient;
let cloudwatch: CloudWatchClient;
let lambda: LambdaClient;
before(async () => {
  sandbox = await startTestSandbox();
  logs = new CloudWatchLogsClient(sandbox.clientConfig());
  cloudwatch = new CloudWatchClient(sandbox.clientConfig());
  lambda = new LambdaClient(sandbox.clientConfig());
  await logs.send(new CreateLogGroupCommand({ logGroupName }));
  await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: "s" }));
});
after(async () => {
  for (const client of [logs, cloudwatch, lambda]) client.destroy();
  await sandbox.close();
});

const put = (...messages: string[]) =>
  logs.send(
    new PutLogEventsCommand({
      logGroupName,
      logStreamName: "s",
      logEvents: messages.map((message) => ({ timestamp: Date.now(), message })),
    }),
  );
/** Sum, count and unit of a metric in the last minutes. */
async function metric(MetricName: string, Dimensions?: { Name: string; Value: string }[]) {
  const answer = await cloudwatch.send(
    new GetMetricStatisticsCommand({
      Namespace: "App",
      MetricName,
      Dimensions,
      StartTime: new Date(Date.now() - 600_000),
      EndTime: new Date(Date.now() + 60_000),
      Period: 3600,
      Statistics: ["Sum", "SampleCount"],
    }),
  );
  return answer.Datapoints!.map(({ Sum, SampleCount, Unit }) => [Sum, SampleCount, Unit]);
}
const filter = (filterName: string, more: Partial<PutMetricFilterCommandInput>) =>
  logs.send(
    new PutMetricFilterCommand({
      logGroupName,
      filterName,
      filterPattern: "",
      metricTransformations: [{ metricName: filterName, metricNamespace: "App", metricValue: "1" }],
      ...more,
    }),
  );
const transformation = (metricName: string, metricValue: string, more: object = {}) => ({
  metricTransformations: [{ metricName, metricNamespace: "App", metricValue, ...more }],
});

describe("metric filters", () => {
  it("write metrics out of the events that come from then on", async () => {
    await put("ERROR before the filter");
    await filter("Errors", { filterPattern: "ERROR", ...transformation("Errors", "1", { defaultValue: 0 }) });
    await filter("Latency", {
      filterPattern: "{ $.latency > 0 }",
      ...transformation("Latency", "$.latency", { unit: "Milliseconds" }),
    });
    await filter("Bytes", {
      filterPattern: "[ip, user, status = 2*, bytes]",
      ...transformation("Bytes", "$bytes"),
    });
    await filter("ByPath", {
      filterPattern: "{ $.path = * }",
      ...transformation("ByPath", "1", { dimensions: { Path: "$.path" } }),
    });
    await put(
      "ERROR one",
      '{"latency": 12.5, "path": "/a"}',
      '{"latency": 7.5, "path": "/b"}',
      '{"latency": "slow", "path": "/a"}',
      "1.2.3.4 ann 200 512",
      "1.2.3.4 ann 404 1024",
    );
    await put("nothing of interest");
    assert.deepEqual(await metric("Errors"), [[1, 2, "None"]]);
    assert.deepEqual(await metric("Latency"), [[20, 2, "Milliseconds" satisfies StandardUnit]]);
    assert.deepEqual(await metric("Bytes"), [[512, 1, "None"]]);
    assert.deepEqual(await metric("ByPath", [{ Name: "Path", Value: "/a" }]), [[2, 2, "None"]]);
    assert.deepEqual(await metric("ByPath"), []);
  });

  it("follow what functions log", async () => {
    const group = "/aws/lambda/talker";
    await createFunction(sandbox, "talker", "export const handler = async () => console.log('WARN twice WARN');");
    await logs.send(new CreateLogGroupCommand({ logGroupName: group }));
    await filter("Warnings", { logGroupName: group, filterPattern: "WARN" });
    await lambda.send(new InvokeCommand({ FunctionName: "talker" }));
    await eventually("the warning is counted", async () => (await metric("Warnings"))[0]?.[0] === 1);
  });

  it("are listed, counted, replaced and deleted", async () => {
    const list = async (input: object = {}) =>
      (await logs.send(new DescribeMetricFiltersCommand(input))).metricFilters!.map((one) => one.filterName);
    assert.deepEqual(await list({ logGroupName }), ["ByPath", "Bytes", "Errors", "Latency"]);
    assert.deepEqual(await list({ logGroupName, filterNamePrefix: "L" }), ["Latency"]);
    assert.deepEqual(await list({ metricName: "Bytes", metricNamespace: "App" }), ["Bytes"]);
    await filter("Bytes", { filterPattern: "bytes" });
    const [bytes] = (await logs.send(new DescribeMetricFiltersCommand({ filterNamePrefix: "Bytes" }))).metricFilters!;
    assert.equal(bytes!.filterPattern, "bytes");
    assert.equal(bytes!.logGroupName, logGroupName);
    await logs.send(new DeleteMetricFilterCommand({ logGroupName, filterName: "Bytes" }));
    const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: logGroupName }));
    assert.equal(logGroups![0]!.metricFilterCount, 3);
    await assert.rejects(logs.send(new DeleteMetricFilterCommand({ logGroupName, filterName: "Bytes" })), {
      name: "ResourceNotFoundException",
      message: "The specified metric filter does not exist.",
    });
  });

  it("are refused when they cannot be", async () => {
    for (const [more, message] of [
      [{ filterPattern: "{ $.a = " }, "Invalid filter pattern"],
      [transformation("M", "many"), /metricValue must be a number or a selector/],
      [
        transformation("M", "1", { defaultValue: 0, dimensions: { A: "$.a" } }),
        "Invalid metric transformation: dimensions and default value are mutually exclusive properties.",
      ],
      [
        transformation("M", "1", { dimensions: { A: "a" } }),
        "Invalid metric transformation: dimension value must be valid selector",
      ],
    ] as const)
      await assert.rejects(filter("bad", more), { name: "InvalidParameterException", message });
  });

  it("can be tried with TestMetricFilter, which tells what a pattern finds", async () => {
    const test = async (filterPattern: string, ...logEventMessages: string[]) =>
      (await logs.send(new TestMetricFilterCommand({ filterPattern, logEventMessages }))).matches;
    assert.deepEqual(await test("{ $.latency > 10 && $.who = * }", '{"latency":5}', '{"latency":50,"who":"ann"}'), [
      {
        eventNumber: 2,
        eventMessage: '{"latency":50,"who":"ann"}',
        extractedValues: { "$.latency": "50", "$.who": "ann" },
      },
    ]);
    assert.deepEqual((await test("[ip, , status = 4*]", "1.2.3.4 - 404"))![0]!.extractedValues, {
      $ip: "1.2.3.4",
      $2: "-",
      $status: "404",
    });
  });
});

describe("subscription filters", () => {
  const destinationArn = "arn:aws:lambda:us-east-1:123456789012:function:reader";
  const subscribe = (filterName: string, more: object = {}) =>
    logs.send(
      new PutSubscriptionFilterCommand({ logGroupName, filterName, filterPattern: "ERROR", destinationArn, ...more }),
    );

  it("send matching events to a function that lets CloudWatch Logs in", async () => {
    await assert.rejects(subscribe("errors"), {
      name: "InvalidParameterException",
      message:
        "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.",
    });
    await createFunction(
      sandbox,
      "reader",
      "export const handler = async (event) => console.log('GOT ' + event.awslogs.data);",
    );
    await lambda.send(
      new AddPermissionCommand({
        FunctionName: "reader",
        StatementId: "logs",
        Action: "lambda:InvokeFunction",
        Principal: "logs.amazonaws.com",
      }),
    );
    await subscribe("errors");
    await put("ERROR one", "fine", "ERROR two");
    const data = await eventually("the function has read the events", async () => {
      const { events = [] } = await logs
        .send(new FilterLogEventsCommand({ logGroupName: "/aws/lambda/reader", filterPattern: "GOT" }))
        .catch(() => ({ events: [] }));
      return /GOT (\S+)/.exec(events[0]?.message ?? "")?.[1];
    });
    const message = JSON.parse(gunzipSync(Buffer.from(data, "base64")).toString());
    assert.deepEqual(
      { ...message, logEvents: message.logEvents.map((event: { message: string }) => event.message) },
      {
        messageType: "DATA_MESSAGE",
        owner: "123456789012",
        logGroup: logGroupName,
        logStream: "s",
        subscriptionFilters: ["errors"],
        logEvents: ["ERROR one", "ERROR two"],
      },
    );
  });

  it("are listed and deleted; two are the most, and no function follows itself", async () => {
    await subscribe("more");
    await assert.rejects(subscribe("third"), { name: "LimitExceededException", message: "Resource limit exceeded." });
    const { subscriptionFilters } = await logs.send(new DescribeSubscriptionFiltersCommand({ logGroupName }));
    assert.deepEqual(
      subscriptionFilters!.map((one) => [one.filterName, one.distribution]),
      [
        ["errors", "ByLogStream"],
        ["more", "ByLogStream"],
      ],
    );
    await logs.send(new DeleteSubscriptionFilterCommand({ logGroupName, filterName: "more" }));
    await assert.rejects(logs.send(new DeleteSubscriptionFilterCommand({ logGroupName, filterName: "more" })), {
      name: "ResourceNotFoundException",
      message: "The specified subscription filter does not exist.",
    });
    await assert.rejects(subscribe("self", { logGroupName: "/aws/lambda/reader" }), /would set off the next/);
    await assert.rejects(
      subscribe("stream", { destinationArn: "arn:aws:kinesis:us-east-1:123456789012:stream/x" }),
      /Lambda functions only/,
    );
  });
});

describe("AWS::Logs::MetricFilter and SubscriptionFilter", () => {
  it("come and go with a stack", async () => {
    const cloudFormation = new CloudFormationClient(sandbox.clientConfig());
    const StackName = "filters";
    const TemplateBody = JSON.stringify({
      Resources: {
        Group: { Type: "AWS::Logs::LogGroup", Properties: { LogGroupName: "stacked" } },
        Metric: {
          Type: "AWS::Logs::MetricFilter",
          Properties: {
            LogGroupName: { Ref: "Group" },
            FilterPattern: "{ $.path = * }",
            MetricTransformations: [
              {
                MetricName: "Stacked",
                MetricNamespace: "App",
                MetricValue: "1",
                Dimensions: [{ Key: "Path", Value: "$.path" }],
              },
            ],
          },
        },
        Subscription: {
          Type: "AWS::Logs::SubscriptionFilter",
          Properties: {
            LogGroupName: { Ref: "Group" },
            FilterPattern: "",
            DestinationArn: "arn:aws:lambda:us-east-1:123456789012:function:reader",
          },
        },
      },
      Outputs: { Metric: { Value: { Ref: "Metric" } } },
    });
    await cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody }));
    const [stack] = (await cloudFormation.send(new DescribeStacksCommand({ StackName }))).Stacks!;
    assert.equal(stack!.StackStatus, "CREATE_COMPLETE", stack!.StackStatusReason);
    const { metricFilters } = await logs.send(new DescribeMetricFiltersCommand({ logGroupName: "stacked" }));
    assert.equal(metricFilters![0]!.filterName, stack!.Outputs![0]!.OutputValue);
    assert.deepEqual(metricFilters![0]!.metricTransformations![0]!.dimensions, { Path: "$.path" });
    await cloudFormation.send(new DeleteStackCommand({ StackName }));
    await assert.rejects(logs.send(new DescribeMetricFiltersCommand({ logGroupName: "stacked" })), {
      name: "ResourceNotFoundException",
    });
    cloudFormation.destroy();
  });
});
