import { randomUUID } from "node:crypto";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { isMap, type Value, type ValueMap } from "../template/value.ts";
import type { HandlerTable, ResourceContext } from "./handler.ts";
import { optionalText, PropertyError, text, without } from "./properties.ts";

/** How long CloudFormation waits for an answer when ServiceTimeout does not say, s. */
const DEFAULT_TIMEOUT_S = 3_600;
/** Real time for an answer at least, also where the clock stands or runs very fast, ms. */
const LEAST_WAIT_MS = 60_000;

type RequestType = "Create" | "Update" | "Delete";

/** What the function behind a custom resource puts at the response URL. */
interface Answer {
  Status?: string;
  Reason?: string;
  PhysicalResourceId?: string;
  Data?: ValueMap;
}

/**
 * AWS::CloudFormation::CustomResource and Custom::*: a Lambda function does the work and answers at a URL (CloudFormation
 * user guide, "Custom resources").
 */
export const customHandlers: HandlerTable = {
  "AWS::CloudFormation::CustomResource": {
    attributes: [],
    anyAttribute: true,
    replaceOn: [],
    async create(properties, ctx) {
      const { PhysicalResourceId, Data } = await ask("Create", properties, ctx);
      const id = PhysicalResourceId ?? ctx.generatedName(128);
      return { id, attributes: attributesOf(Data) };
    },
    async update(id, properties, previous, ctx) {
      const answer = await ask("Update", properties, ctx, { id, previous });
      const next = answer.PhysicalResourceId ?? id;
      // Another physical id means another resource: the old one is deleted, as in CloudFormation's cleanup.
      if (next !== id) {
        ctx.renamed(next);
        await ask("Delete", previous, ctx, { id });
      }
      return attributesOf(answer.Data);
    },
    async remove(id, properties, ctx) {
      await ask("Delete", properties, ctx, { id });
    },
  },
};

async function ask(
  RequestType: RequestType,
  properties: ValueMap,
  ctx: ResourceContext,
  known: { id?: string; previous?: ValueMap } = {},
): Promise<Answer> {
  const ServiceToken = text(properties, "ServiceToken");
  if (!/^arn:aws[\w-]*:lambda:/.test(ServiceToken))
    throw new PropertyError(
      `#/ServiceToken: ${ServiceToken} is not a Lambda function; this sandbox calls Lambda functions only`,
    );
  const seconds = Number(optionalText(properties, "ServiceTimeout") ?? DEFAULT_TIMEOUT_S);
  const RequestId = randomUUID();
  const ResponseURL = ctx.callbacks.open();
  const event = {
    RequestType,
    ServiceToken,
    ResponseURL,
    StackId: ctx.stackId,
    RequestId,
    LogicalResourceId: ctx.logicalId,
    PhysicalResourceId: known.id,
    ResourceType: ctx.resourceType,
    ResourceProperties: asText(properties),
    OldResourceProperties: known.previous && asText(known.previous),
  };
  try {
    await ctx.call(InvokeCommand, {
      FunctionName: ServiceToken,
      InvocationType: "Event",
      Payload: Buffer.from(JSON.stringify(event)),
    });
    const endMs = performance.now() + Math.max(LEAST_WAIT_MS, ctx.toReal(seconds * 1000));
    const body = await ctx.poll(async () => {
      if (performance.now() > endMs)
        throw new Error(
          `CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [${RequestId}]. If you are using the Python cfn-response module, you may need to update your Lambda function code so that CloudFormation can attach the updated version.`,
        );
      return ctx.callbacks.received(ResponseURL)[0];
    });
    return accepted(body, RequestId);
  } finally {
    ctx.callbacks.close(ResponseURL);
  }
}

/** @throws Error with CloudFormation's words for what is not SUCCESS */
function accepted(body: string, requestId: string): Answer {
  let answer: Answer;
  try {
    answer = JSON.parse(body) as Answer;
  } catch {
    throw new Error("Invalid response object: Value of property body must be a JSON object");
  }
  if (answer.Status === "SUCCESS") return answer;
  if (answer.Status !== "FAILED")
    throw new Error("Invalid Response object: Value of property Status must be SUCCESS or FAILED");
  throw new Error(
    `Received response status [FAILED] from custom resource. Message returned: ${answer.Reason ?? "No reason given"} (RequestId: ${requestId})`,
  );
}

/** CloudFormation sends every number and boolean of a template as text. */
function asText(value: Value): Value {
  if (Array.isArray(value)) return value.map(asText);
  if (isMap(value)) return Object.fromEntries(Object.entries(without(value)).map(([k, v]) => [k, asText(v)]));
  return String(value);
}

/** `Data` by its keys, nested ones by their dotted path. */
function attributesOf(data: ValueMap | undefined, prefix = ""): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data ?? {}).flatMap(([key, value]) =>
      isMap(value)
        ? Object.entries(attributesOf(value, `${prefix}${key}.`))
        : [[`${prefix}${key}`, typeof value === "object" ? JSON.stringify(value) : String(value)]],
    ),
  );
}
