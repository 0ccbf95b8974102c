import type { RecordedCall } from "../../src/sandbox/callLog.ts";

/** What a call needs: IAM's action and the resource that it is checked on (AWS: "Service Authorization Reference"). */
export interface Need {
  action: string;
  resource: string;
  call: RecordedCall;
}

export interface Statement {
  Sid?: string;
  Effect: string;
  Action: string | string[];
  Resource: string | string[];
}

const ACCOUNT = "123456789012";

/** IAM's words where they are not those of the API. */
const ACTIONS: Record<string, string> = {
  "s3:HeadObject": "s3:GetObject",
  "s3:HeadBucket": "s3:ListBucket",
  "s3:ListObjectsV2": "s3:ListBucket",
  "s3:ListObjectVersions": "s3:ListBucketVersions",
  "s3:DeleteObjects": "s3:DeleteObject",
  "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
  "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
  "s3:DeleteBucketTagging": "s3:PutBucketTagging",
  "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
  "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
  "lambda:Invoke": "lambda:InvokeFunction",
};

/** What a call of the log needs; nothing for those that everybody may make. */
export function needOf(call: RecordedCall): Need[] {
  const service = call.service === "monitoring" ? "cloudwatch" : call.service;
  if (service === "sts") return [];
  if (service === "apigateway") {
    const [verb = "", path = ""] = (call.http ?? "").split(" ");
    return [{ action: `apigateway:${verb}`, resource: `arn:aws:apigateway:${call.region}::${path}`, call }];
  }
  const named = `${service}:${call.operation}`;
  const action = ACTIONS[named] ?? named;
  return resourcesOf(action, call).map((resource) => ({ action, resource, call }));
}

function resourcesOf(action: string, { region, resource: r }: RecordedCall): string[] {
  const arn = (service: string, rest: string) => `arn:aws:${service}:${region}:${ACCOUNT}:${rest}`;
  const own = (service: string, kind: string, name = "") =>
    name.startsWith("arn:") ? name : arn(service, kind + name);
  const [service = "", operation = ""] = action.split(":");
  switch (service) {
    case "s3":
      return [`arn:aws:s3:::${r.Bucket}${/Object/.test(operation) ? `/${r.Key ?? ""}` : ""}`];
    case "cloudformation":
      if (r.StackName === undefined) return ["*"];
      return [r.StackName.startsWith("arn:") ? r.StackName : arn(service, `stack/${r.StackName}/`)];
    // In ARNs SageMaker writes names in lower case.
    case "sagemaker":
      return sageMakerResources(operation, r, (rest) => arn(service, rest.toLowerCase()));
    case "iam":
      return [`arn:aws:iam::${ACCOUNT}:role/${r.RoleName}`];
    case "lambda":
      return [own(service, "function:", r.FunctionName ?? r.Resource)];
    case "logs":
      return operation === "DescribeLogGroups" ? ["*"] : [arn(service, `log-group:${r.logGroupName}`)];
    case "amplify":
      return [arn(service, `apps/${r.appId ?? "new"}${r.branchName ? `/branches/${r.branchName}` : ""}`)];
    case "scheduler":
      return [arn(service, `schedule/default/${r.Name}`)];
    case "cloudwatch":
      if (/Dashboard/.test(operation))
        return (r.DashboardName ?? r.DashboardNames ?? "")
          .split(",")
          .map((name) => `arn:aws:cloudwatch::${ACCOUNT}:dashboard/${name}`);
      if (/^(Describe|Get|List)/.test(operation)) return ["*"];
      return (r.AlarmName ?? r.AlarmNames ?? "").split(",").map((name) => arn(service, `alarm:${name}`));
    case "application-autoscaling":
      return operation.startsWith("Describe") ? ["*"] : [arn(service, "scalable-target/id")];
    default:
      throw new Error(`${action}: what is its resource?`);
  }
}

function sageMakerResources(operation: string, r: RecordedCall["resource"], arn: (rest: string) => string): string[] {
  if (/^List(?!Tags)/.test(operation)) return ["*"];
  if (r.ResourceArn !== undefined) return [r.ResourceArn];
  if (/TrainingJob/.test(operation)) return [arn(`training-job/${r.TrainingJobName}`)];
  if (/Model/.test(operation)) return [arn(`model/${r.ModelName}`)];
  // A configuration that is given to an endpoint is checked too.
  return [
    ...(r.EndpointName === undefined ? [] : [arn(`endpoint/${r.EndpointName}`)]),
    ...(r.EndpointConfigName === undefined ? [] : [arn(`endpoint-config/${r.EndpointConfigName}`)]),
  ];
}

/** IAM's `*` and `?`. A log group is meant with and without the `:*` of its streams. */
export function isLike(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`).test(text) || (/:log-group:/.test(pattern) && pattern === `${text}:*`);
}

const list = (value: string | string[]) => [value].flat();

/** Whether one of the statements allows it. A resource that ends in a slash is one below it whose name is not known. */
export function isAllowed(statements: readonly Statement[], { action, resource }: Need): boolean {
  return statements.some(
    (s) =>
      s.Effect === "Allow" &&
      list(s.Action).includes(action) &&
      list(s.Resource).some(
        (pattern) =>
          pattern === "*" || isLike(pattern, resource) || (resource.endsWith("/") && pattern.startsWith(resource)),
      ),
  );
}

/** Actions that nothing needed. */
export function unused(statements: readonly Statement[], needs: readonly Need[]): string[] {
  const needed = new Set(needs.map(({ action }) => action));
  return [...new Set(statements.flatMap(({ Action }) => list(Action)))].filter((action) => !needed.has(action)).sort();
}
