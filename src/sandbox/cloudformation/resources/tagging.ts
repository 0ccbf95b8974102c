import { TagResourceCommand as TagApp, UntagResourceCommand as UntagApp } from "@aws-sdk/client-amplify";
import { TagResourceCommand as TagApi, UntagResourceCommand as UntagApi } from "@aws-sdk/client-api-gateway";
import { TagResourceCommand as TagAlarm, UntagResourceCommand as UntagAlarm } from "@aws-sdk/client-cloudwatch";
import { TagResourceCommand as TagLogs, UntagResourceCommand as UntagLogs } from "@aws-sdk/client-cloudwatch-logs";
import { TagRoleCommand, TagUserCommand, UntagRoleCommand, UntagUserCommand } from "@aws-sdk/client-iam";
import { TagResourceCommand as TagFunction, UntagResourceCommand as UntagFunction } from "@aws-sdk/client-lambda";
import { DeleteBucketTaggingCommand, PutBucketTaggingCommand } from "@aws-sdk/client-s3";
import { AddTagsCommand, DeleteTagsCommand } from "@aws-sdk/client-sagemaker";
import { TagResourceCommand as TagGroup, UntagResourceCommand as UntagGroup } from "@aws-sdk/client-scheduler";
import type { ValueMap } from "../template/value.ts";
import type { ResourceContext } from "./handler.ts";
import { text } from "./properties.ts";

/** A tag as most services write it. */
export interface ResourceTag {
  Key: string;
  Value: string;
}

/** How the tags of a resource change. */
export interface TagChange {
  /** New and changed ones. */
  put: ResourceTag[];
  /** Keys that go. */
  remove: string[];
  /** All that there shall be. */
  all: ResourceTag[];
}

interface Tagged {
  id: string;
  properties: ValueMap;
  attributes: Readonly<Record<string, string>>;
}

type Tagger = (resource: Tagged, change: TagChange, ctx: ResourceContext) => Promise<void>;

const mapOf = (tags: ResourceTag[]) => Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));

/** A service's pair of operations, each called only when there is something to do. */
function pair<T>(
  target: (resource: Tagged, ctx: ResourceContext) => T,
  put: (target: T, tags: ResourceTag[], ctx: ResourceContext) => Promise<unknown>,
  remove: (target: T, keys: string[], ctx: ResourceContext) => Promise<unknown>,
): Tagger {
  return async (resource, change, ctx) => {
    const at = target(resource, ctx);
    if (change.put.length) await put(at, change.put, ctx);
    if (change.remove.length) await remove(at, change.remove, ctx);
  };
}

const sageMaker = (target: (resource: Tagged) => string) =>
  pair(
    target,
    (ResourceArn, Tags, ctx) => ctx.call(AddTagsCommand, { ResourceArn, Tags }),
    (ResourceArn, TagKeys, ctx) => ctx.call(DeleteTagsCommand, { ResourceArn, TagKeys }),
  );
const alarm = pair(
  ({ id }, ctx) => `arn:aws:cloudwatch:${ctx.region}:${ctx.accountId}:alarm:${id}`,
  (ResourceARN, Tags, ctx) => ctx.call(TagAlarm, { ResourceARN, Tags }),
  (ResourceARN, TagKeys, ctx) => ctx.call(UntagAlarm, { ResourceARN, TagKeys }),
);
const amplify = pair(
  ({ id }) => id,
  (resourceArn, tags, ctx) => ctx.call(TagApp, { resourceArn, tags: mapOf(tags) }),
  (resourceArn, tagKeys, ctx) => ctx.call(UntagApp, { resourceArn, tagKeys }),
);
const apiGateway = (path: (resource: Tagged) => string) =>
  pair(
    (resource, ctx) => `arn:aws:apigateway:${ctx.region}::${path(resource)}`,
    (resourceArn, tags, ctx) => ctx.call(TagApi, { resourceArn, tags: mapOf(tags) }),
    (resourceArn, tagKeys, ctx) => ctx.call(UntagApi, { resourceArn, tagKeys }),
  );

/** Types whose tags CloudFormation changes in place, each by its service's own operations. */
const TAGGERS: Readonly<Record<string, Tagger>> = {
  "AWS::Amplify::App": amplify,
  "AWS::Amplify::Branch": amplify,
  "AWS::ApiGateway::ApiKey": apiGateway(({ id }) => `/apikeys/${id}`),
  "AWS::ApiGateway::RestApi": apiGateway(({ id }) => `/restapis/${id}`),
  "AWS::ApiGateway::Stage": apiGateway(
    ({ id, properties }) => `/restapis/${text(properties, "RestApiId")}/stages/${id}`,
  ),
  "AWS::ApiGateway::UsagePlan": apiGateway(({ id }) => `/usageplans/${id}`),
  "AWS::CloudWatch::Alarm": alarm,
  "AWS::CloudWatch::CompositeAlarm": alarm,
  "AWS::IAM::Role": pair(
    ({ id }) => id,
    (RoleName, Tags, ctx) => ctx.call(TagRoleCommand, { RoleName, Tags }),
    (RoleName, TagKeys, ctx) => ctx.call(UntagRoleCommand, { RoleName, TagKeys }),
  ),
  "AWS::IAM::User": pair(
    ({ id }) => id,
    (UserName, Tags, ctx) => ctx.call(TagUserCommand, { UserName, Tags }),
    (UserName, TagKeys, ctx) => ctx.call(UntagUserCommand, { UserName, TagKeys }),
  ),
  "AWS::Lambda::Function": pair(
    ({ attributes }) => attributes.Arn ?? "",
    (Resource, tags, ctx) => ctx.call(TagFunction, { Resource, Tags: mapOf(tags) }),
    (Resource, TagKeys, ctx) => ctx.call(UntagFunction, { Resource, TagKeys }),
  ),
  "AWS::Logs::LogGroup": pair(
    ({ id }, ctx) => `arn:aws:logs:${ctx.region}:${ctx.accountId}:log-group:${id}`,
    (resourceArn, tags, ctx) => ctx.call(TagLogs, { resourceArn, tags: mapOf(tags) }),
    (resourceArn, tagKeys, ctx) => ctx.call(UntagLogs, { resourceArn, tagKeys }),
  ),
  // S3 knows a bucket's tags as one set only.
  "AWS::S3::Bucket": async ({ id: Bucket }, { all }, ctx) => {
    if (all.length) await ctx.call(PutBucketTaggingCommand, { Bucket, Tagging: { TagSet: all } });
    else await ctx.call(DeleteBucketTaggingCommand, { Bucket });
  },
  "AWS::SageMaker::Domain": sageMaker(({ attributes }) => attributes.DomainArn ?? ""),
  "AWS::SageMaker::Endpoint": sageMaker(({ id }) => id),
  "AWS::SageMaker::EndpointConfig": sageMaker(({ id }) => id),
  "AWS::SageMaker::InferenceComponent": sageMaker(({ id }) => id),
  "AWS::SageMaker::Model": sageMaker(({ id }) => id),
  "AWS::SageMaker::UserProfile": sageMaker(({ attributes }) => attributes.UserProfileArn ?? ""),
  "AWS::Scheduler::ScheduleGroup": pair(
    ({ attributes }) => attributes.Arn ?? "",
    (ResourceArn, Tags, ctx) => ctx.call(TagGroup, { ResourceArn, Tags }),
    (ResourceArn, TagKeys, ctx) => ctx.call(UntagGroup, { ResourceArn, TagKeys }),
  ),
};

/** Whether new tags reach a resource of this type without anything else being changed. */
export function isTaggable(type: string): boolean {
  return type === "AWS::CloudFormation::Stack" || Object.hasOwn(TAGGERS, type);
}

/** Changes the tags of a resource; does nothing for a type that has none, or whose update takes them along. */
export async function retag(
  type: string,
  resource: Tagged,
  before: ResourceTag[],
  after: ResourceTag[],
  ctx: ResourceContext,
): Promise<void> {
  const known = new Map(before.map(({ Key, Value }) => [Key, Value]));
  const wanted = new Set(after.map(({ Key }) => Key));
  const change: TagChange = {
    put: after.filter(({ Key, Value }) => known.get(Key) !== Value),
    remove: [...known.keys()].filter((key) => !wanted.has(key)),
    all: after,
  };
  if (change.put.length || change.remove.length) await TAGGERS[type]?.(resource, change, ctx);
}
