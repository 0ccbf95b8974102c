import { GetAppCommand, GetBranchCommand } from "@aws-sdk/client-amplify";
import { GetMethodCommand, GetResourceCommand, GetRestApiCommand, GetStageCommand } from "@aws-sdk/client-api-gateway";
import {
  DescribeScalableTargetsCommand,
  DescribeScalingPoliciesCommand,
} from "@aws-sdk/client-application-auto-scaling";
import { DescribeAlarmsCommand, GetDashboardCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { GetFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import {
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
} from "@aws-sdk/client-s3";
import {
  DescribeEndpointCommand,
  DescribeEndpointConfigCommand,
  DescribeModelCommand,
} from "@aws-sdk/client-sagemaker";
import { nameOf } from "../resources/sageMaker.ts";
import { targetKey } from "../resources/scaling.ts";
import type { Value } from "../template/value.ts";
import { readManagedPolicy, readRole } from "./iamReaders.ts";
import { type Live, orUndefined, type Reader } from "./reader.ts";

const appIdOf = (arn: string) => /:apps\/([^/]+)/.exec(arn)?.[1] ?? arn;

/** Readers by resource type; drift of other types is not detected. */
const READERS: Readonly<Record<string, Reader>> = {
  "AWS::Amplify::App": async (arn, call) => {
    const { app } = await call(GetAppCommand, { appId: appIdOf(arn) });
    return { ...app, EnvironmentVariables: pairs(app?.environmentVariables), IAMServiceRole: app?.iamServiceRoleArn };
  },
  "AWS::Amplify::Branch": async (arn, call) => {
    const branchName = decodeURIComponent(arn.slice(arn.indexOf("/branches/") + "/branches/".length));
    const { branch } = await call(GetBranchCommand, { appId: appIdOf(arn), branchName });
    return { ...branch, EnvironmentVariables: pairs(branch?.environmentVariables) };
  },
  "AWS::ApiGateway::RestApi": async (restApiId, call) => {
    const { tags: _, ...api } = await call(GetRestApiCommand, { restApiId });
    return { description: undefined, policy: undefined, ...api, ApiKeySourceType: api.apiKeySource };
  },
  "AWS::ApiGateway::Resource": (resourceId, call, { RestApiId }) =>
    call(GetResourceCommand, { restApiId: String(RestApiId), resourceId }),
  "AWS::ApiGateway::Method": async (id, call) => {
    const [restApiId = "", resourceId = "", httpMethod = ""] = id.split("|");
    const method = await call(GetMethodCommand, { restApiId, resourceId, httpMethod });
    const { httpMethod: IntegrationHttpMethod, integrationResponses, ...integration } = method.methodIntegration ?? {};
    return {
      HttpMethod: method.httpMethod,
      AuthorizationType: method.authorizationType,
      ApiKeyRequired: method.apiKeyRequired,
      Integration: {
        ...integration,
        IntegrationHttpMethod,
        // A template lists what the service keeps by status.
        IntegrationResponses: integrationResponses && Object.values(integrationResponses),
      },
    };
  },
  "AWS::ApiGateway::Stage": async (stageName, call, { RestApiId }) => {
    const stage = await call(GetStageCommand, { restApiId: String(RestApiId), stageName });
    const { deploymentId, description, variables, tracingEnabled } = stage;
    return { StageName: stageName, deploymentId, description, variables, tracingEnabled };
  },
  "AWS::ApplicationAutoScaling::ScalableTarget": async (id, call) => {
    const { ResourceId, ...key } = targetKey(id);
    const input = { ...key, ResourceIds: [ResourceId] };
    return (await call(DescribeScalableTargetsCommand, input)).ScalableTargets?.[0];
  },
  "AWS::ApplicationAutoScaling::ScalingPolicy": async (arn, call) => {
    const [, ServiceNamespace, ResourceId, name] = /:resource\/(sagemaker)\/(.+):policyName\/(.+)$/.exec(arn) ?? [];
    if (!ResourceId) return undefined;
    const { ScalingPolicies } = await call(DescribeScalingPoliciesCommand, {
      ServiceNamespace: ServiceNamespace as "sagemaker",
      ResourceId,
      PolicyNames: [name!],
    });
    return ScalingPolicies?.[0];
  },
  "AWS::CloudWatch::Alarm": async (name, call) => {
    const { MetricAlarms } = await call(DescribeAlarmsCommand, { AlarmNames: [name] });
    return MetricAlarms?.[0];
  },
  "AWS::CloudWatch::Dashboard": async (DashboardName, call) => {
    const { DashboardBody } = await call(GetDashboardCommand, { DashboardName });
    return { DashboardName, DashboardBody: JSON.stringify(JSON.parse(DashboardBody ?? "{}")) };
  },
  "AWS::IAM::ManagedPolicy": readManagedPolicy,
  "AWS::IAM::Role": readRole,
  "AWS::Lambda::Function": (FunctionName, call) => call(GetFunctionConfigurationCommand, { FunctionName }),
  "AWS::Logs::LogGroup": async (name, call) => {
    const { logGroups } = await call(DescribeLogGroupsCommand, { logGroupNamePrefix: name });
    const group = logGroups?.find(({ logGroupName }) => logGroupName === name);
    return group && { retentionInDays: undefined, kmsKeyId: undefined, ...group };
  },
  "AWS::S3::Bucket": async (Bucket, call) => {
    await call(HeadBucketCommand, { Bucket });
    const [versioning, access, tags] = await Promise.all([
      call(GetBucketVersioningCommand, { Bucket }),
      orUndefined(call(GetPublicAccessBlockCommand, { Bucket })),
      orUndefined(call(GetBucketTaggingCommand, { Bucket })),
    ]);
    return {
      BucketName: Bucket,
      VersioningConfiguration: { Status: versioning.Status },
      PublicAccessBlockConfiguration: access?.PublicAccessBlockConfiguration,
      Tags: tags?.TagSet?.filter(({ Key }) => !Key?.startsWith("aws:")),
    };
  },
  "AWS::S3::BucketPolicy": async (Bucket, call) => ({
    Bucket,
    PolicyDocument: (await call(GetBucketPolicyCommand, { Bucket })).Policy,
  }),
  "AWS::SageMaker::Endpoint": (arn, call) => call(DescribeEndpointCommand, { EndpointName: nameOf(arn) }),
  // ARNs are in lower case; a name may not be.
  "AWS::SageMaker::EndpointConfig": (arn, call, _properties, { EndpointConfigName = nameOf(arn) }) =>
    call(DescribeEndpointConfigCommand, { EndpointConfigName }),
  "AWS::SageMaker::Model": (arn, call, _properties, { ModelName = nameOf(arn) }) =>
    call(DescribeModelCommand, { ModelName }),
};

/** Environment variables as templates list them. */
function pairs(variables: Record<string, string> | undefined): { Name: string; Value: string }[] | undefined {
  const list = Object.entries(variables ?? {}).map(([Name, Value]) => ({ Name, Value }));
  return list.length ? list : undefined;
}

/** The reader of a resource type, or undefined when its drift cannot be detected. */
export function readerOf(type: string): Reader | undefined {
  return Object.hasOwn(READERS, type) ? READERS[type] : undefined;
}

/** An answer of a service as template values: dates as text, absent members kept as undefined at the top. */
export function plain(live: Live): Record<string, Value | undefined> {
  return Object.fromEntries(
    Object.entries(live).map(([name, value]) => [
      name,
      value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as Value),
    ]),
  );
}
