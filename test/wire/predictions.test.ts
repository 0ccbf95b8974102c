import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  DescribeEndpointCommand,
  SageMakerClient,
} from "@aws-sdk/client-sagemaker";
import { compareBatches } from "../../src/domain/batchComparison.ts";
import { OpsError } from "../../src/domain/errors.ts";
import { parseS3Uri } from "../../src/domain/invocation.ts";
import { parsePredictFile } from "../../src/domain/predictFile.ts";
import type { PredictionProgress } from "../../src/domain/prediction.ts";
import { AsyncPredictor } from "../../src/services/asyncPredictor.ts";
import { predictOnBoth } from "../../src/services/batchPredictor.ts";
import { Connections } from "../../src/services/connections.ts";
import { Predictor } from "../../src/services/predictor.ts";
import { sendSavedRequest } from "../../src/services/savedRequests.ts";
import { isolatedHome, startCli } from "./commandLine.ts";
import { deployWine, eventually, WINE_ROW } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

/** All ways to ask an endpoint, with the services of the extension against the sandbox. */
describe("streams and asynchronous invocations", () => {
  let sandbox: TestSandbox;
  let s3: S3Client;
  const connections = new Connections();
  const predictor = new Predictor(connections);
  const asyncPredictor = new AsyncPredictor(connections);
  /** 178 rows: an answer of several kilobytes, which comes in several parts. */
  const rows = readFileSync(new URL("../../infra/model/wine.csv", import.meta.url), "utf8")
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(",").slice(-13).join(","))
    .join("\n");

  before(async () => {
    sandbox = await startTestSandbox({ timeScale: 300 });
    await Promise.all([deployWine(sandbox), deployWine(sandbox, "wine-b")]);
    await connections.connect({ kind: "sandbox", sandbox: { ...sandbox, timeScale: 300 } });
    s3 = new S3Client({ ...sandbox.clientConfig(), forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: "async-data" }));
    const sagemaker = new SageMakerClient(sandbox.clientConfig());
    const variant = { VariantName: "AllTraffic", ModelName: "wine", InstanceType: "ml.m5.large" as const };
    for (const [name, failures] of [
      ["queue", "s3://async-data/failures"],
      ["silent", undefined],
    ] as const) {
      await sagemaker.send(
        new CreateEndpointConfigCommand({
          EndpointConfigName: name,
          ProductionVariants: [{ ...variant, InitialInstanceCount: 1 }],
          AsyncInferenceConfig: { OutputConfig: { S3OutputPath: "s3://async-data/out", S3FailurePath: failures } },
        }),
      );
      await sagemaker.send(new CreateEndpointCommand({ EndpointName: name, EndpointConfigName: name }));
      await eventually(`${name} is in service`, async () => {
        const { EndpointStatus } = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: name }));
        return EndpointStatus === "InService";
      });
    }
    sagemaker.destroy();
  });
  after(async () => {
    connections.disconnect();
    s3.destroy();
    await sandbox.close();
  });

  it("tells each part when it comes, and all of them are what InvokeEndpoint answers", async () => {
    const request = { endpointName: "wine", contentType: "text/csv", body: rows };
    const whole = await predictor.predict(request);
    assert.match(whole.headers?.["x-amzn-requestid"] ?? "", /^[0-9a-f-]{36}$/);
    const refused = await predictor.predict({ ...request, body: "no numbers" });
    assert.match(refused.headers?.["x-amzn-requestid"] ?? "", /^[0-9a-f-]{36}$/, "of a refusal, too");
    const heard: PredictionProgress[] = [];
    const streamed = await predictor.predictStream(request, { onProgress: (progress) => heard.push(progress) });
    assert.equal(streamed.body, whole.body);
    assert.equal(streamed.body.trim().split("\n").length, 178);
    assert.equal(streamed.variant, "AllTraffic");
    assert.ok((streamed.stream?.parts ?? 0) > 3, JSON.stringify(streamed.stream));
    assert.equal(heard.length, streamed.stream?.parts);
    const texts = heard.map((progress) => (progress.kind === "stream" ? progress.text : ""));
    assert.ok(texts.every((text, i) => text.startsWith(texts[i - 1] ?? "") && whole.body.startsWith(text)));
    assert.equal(streamed.stream?.stopped, false);
  });

  it("keeps what came of a stream that is stopped", async () => {
    const stop = new AbortController();
    const request = { endpointName: "wine", contentType: "text/csv", body: rows };
    const streamed = await predictor.predictStream(request, { onProgress: () => stop.abort(), signal: stop.signal });
    assert.equal(streamed.stream?.parts, 1);
    assert.equal(streamed.stream?.stopped, true);
    assert.ok(streamed.body.length > 0 && streamed.body.length < 2000);
  });

  it("a refusing container is an answer of a stream, too", async () => {
    const refused = await predictor.predictStream({ endpointName: "wine", contentType: "text/csv", body: "a,b" });
    assert.equal(refused.status, 424);
    assert.equal(refused.error?.originalStatus, 415);
  });

  it("uploads the input, waits, and gives the result with all its places", async () => {
    const states: string[] = [];
    const answer = await asyncPredictor.predict(
      {
        endpointName: "queue",
        contentType: "text/csv",
        accept: "application/json",
        body: WINE_ROW,
        inferenceId: "one",
      },
      { uploadTo: "s3://async-data/in" },
      { onProgress: (progress) => progress.kind === "async" && states.push(progress.state) },
    );
    assert.equal(answer.status, 200);
    assert.match(answer.body, /"predictions"/);
    assert.deepEqual([...new Set(states)], ["uploading", "waiting"]);
    assert.equal(answer.async?.inferenceId, "one");
    assert.match(answer.async?.outputLocation ?? "", /^s3:\/\/async-data\/out\//);
    const { bucket, key } = parseS3Uri(answer.async?.inputLocation ?? "") ?? { bucket: "", key: "" };
    assert.match(key, /^in\/[0-9a-f-]{36}$/);
    const input = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    assert.equal(await input.Body?.transformToString(), WINE_ROW);
    assert.equal(input.ContentType, "text/csv");
  });

  it("follows a failure to its object, and says what the container said", async () => {
    await s3.send(new PutObjectCommand({ Bucket: "async-data", Key: "bad.csv", Body: "hello,wine" }));
    const input = { inputLocation: "s3://async-data/bad.csv" };
    const request = { endpointName: "queue", contentType: "text/csv", body: "" };
    const answer = await asyncPredictor.predict(request, input);
    assert.equal(answer.status, 424);
    assert.match(answer.error?.message ?? "", /Loading csv data failed/);
    // As of an endpoint that answers at once: what the container said, without SageMaker's sentence around it.
    assert.equal(answer.error?.originalStatus, 415);
    assert.match(answer.error?.originalMessage ?? "", /^Loading csv data failed[\s\S]*'hello'$/);
  });

  it("stops waiting when it is told to, and says where the answer would be", async () => {
    const stop = new AbortController();
    const request = { endpointName: "silent", contentType: "text/csv", body: "hello,wine" };
    const onProgress = (progress: PredictionProgress) => {
      if (progress.kind === "async" && progress.state === "waiting") stop.abort();
    };
    await assert.rejects(
      asyncPredictor.predict(request, { uploadTo: "s3://async-data/in" }, { onProgress, signal: stop.signal }),
      (error) =>
        error instanceof OpsError && error.code === "cancelled" && /s3:\/\/async-data\/out\//.test(error.hint ?? ""),
    );
  });

  it("names a place that is none, and an endpoint that is not asynchronous", async () => {
    const request = { endpointName: "wine", contentType: "text/csv", body: WINE_ROW };
    await assert.rejects(asyncPredictor.predict(request, { uploadTo: "bucket/x" }), /"bucket\/x" is not a place in S3/);
    const there = { inputLocation: "s3://async-data/bad.csv" };
    await assert.rejects(asyncPredictor.predict(request, there), /does not support asynchronous inference/);
  });

  it("sends the same rows to two sides in turns, and ends early with rows that both were asked", async () => {
    const sides = [{ endpointName: "wine" }, { endpointName: "wine-b", targetVariant: "AllTraffic" }] as const;
    const all = rows.split("\n").map((body, i) => ({ line: i + 1, body }));
    const classes = ["class_0", "class_1", "class_2"];
    const [a, b] = await predictOnBoth(predictor, all, { sides: [...sides], classes });
    const { disagreements, answeredByBoth } = compareBatches(a, b);
    assert.deepEqual([a.length, b.length, answeredByBoth, disagreements.length], [178, 178, 178, 0]);
    const stop = new AbortController();
    const onProgress = (done: number) => done >= 20 && stop.abort();
    const [some, others] = await predictOnBoth(predictor, all, {
      sides: [...sides],
      classes,
      signal: stop.signal,
      onProgress,
    });
    assert.ok(some.length >= 20 && some.length < 178);
    assert.deepEqual(
      some.map(({ row }) => row.line),
      others.map(({ row }) => row.line),
    );
    const gone = [{ endpointName: "wine" }, { endpointName: "nowhere" }] as const;
    await assert.rejects(predictOnBoth(predictor, all, { sides: [...gone], classes }), /nowhere/);
    const queued = [{ endpointName: "wine" }, { endpointName: "queue" }] as const;
    await assert.rejects(predictOnBoth(predictor, all, { sides: [...queued], classes }), /queue .* is asynchronous/);
  });

  it("a file of requests says how each is sent", async () => {
    const { requests, problems } = parsePredictFile(
      [
        `### streamed\nPOST endpoint/wine\nInvocation: stream\n\n${WINE_ROW}`,
        `### queued\nPOST endpoint/queue\nInvocation: async\nUpload-To: s3://async-data/file\n\n${WINE_ROW}`,
        "### there already\nPOST endpoint/queue\nInvocation: async\n\n< s3://async-data/bad.csv",
      ].join("\n\n"),
    );
    assert.deepEqual(problems, []);
    const sent = await Promise.all(
      requests.map((saved) => sendSavedRequest({ predictor, asyncPredictor }, saved, "/tmp/x.predict.http", {})),
    );
    assert.deepEqual(
      sent.map(({ response }) => [
        response.status,
        response.stream?.parts,
        response.async?.inputLocation?.slice(0, 21),
      ]),
      [
        [200, 1, undefined],
        [200, undefined, "s3://async-data/file/"],
        [424, undefined, "s3://async-data/bad.c"],
      ],
    );
  });

  it("the command line streams, follows to the result, saves the answer, and refuses what does not go together", async () => {
    const home = isolatedHome();
    const { endpoint, accessKeyId, secretAccessKey } = sandbox;
    const info = { endpoint, region: "us-east-1", accessKeyId, secretAccessKey, timeScale: 300 };
    home.env.SAGEMAKER_OPS_SANDBOX = JSON.stringify(info);
    const cli = (...args: string[]) => startCli(["predict", ...args], { env: home.env, cwd: home.folder }).ended;
    const file = home.write("rows.csv", rows);
    const streamed = await cli("--endpoint", "wine", "--file", file, "--stream");
    assert.equal(streamed.code, 0, streamed.stderr);
    assert.equal(streamed.stdout.split("\n").filter((line) => /^[\d.e-]+,[\d.e-]+,[\d.e-]+$/.test(line)).length, 178);
    const place = ["--upload-to", "s3://async-data/cli", "--out", "answer.csv", "--inference-id", "mine"];
    const queued = await cli("--endpoint", "queue", "--body", WINE_ROW, "--async", ...place, "--json");
    assert.equal(queued.code, 0, queued.stderr);
    const document = JSON.parse(queued.stdout) as { async: { inferenceId: string }; body: string };
    assert.equal(document.async.inferenceId, "mine");
    assert.equal(readFileSync(path.join(home.folder, "answer.csv"), "utf8"), document.body);
    for (const [args, said] of [
      [["--stream", "--target-model", "m"], /--target-model does not go with --stream/],
      [["--stream", "--async"], /one of --api, --stream and --async/],
      [["--upload-to", "s3://b/c"], /are for --async only/],
    ] as const) {
      const refused = await cli("--endpoint", "wine", "--body", WINE_ROW, ...args);
      assert.equal(refused.code, 2);
      assert.match(refused.stderr, said);
    }
    home.remove();
  });
});
