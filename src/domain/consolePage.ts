import type { StackResource } from "./stack.ts";

/** A page of SageMaker's console: what is there for a resource of a kind, such as `models`. */
export const sageMakerPage = (kind: "endpoints" | "endpointConfig" | "models", name: string) =>
  `sagemaker/home#/${kind}/${encodeURIComponent(name)}`;

/** An alarm's page in CloudWatch. */
export const alarmPage = (name: string) => `cloudwatch/home#alarmsV2:alarm/${encodeURIComponent(name)}`;

/** A stack's page in CloudFormation. @param id its ARN */
export const stackPage = (id: string) => `cloudformation/home#/stacks/stackinfo?stackId=${encodeURIComponent(id)}`;

/** CloudWatch writes what is encoded twice with a dollar in the place of the percent sign. */
const logsPath = (name: string) => encodeURIComponent(encodeURIComponent(name)).replaceAll("%", "$");

/** By CloudFormation's type; physical ids are what `Ref` gives, of SageMaker ARNs. */
const PAGES: Record<string, (id: string) => string> = {
  "AWS::SageMaker::Endpoint": (id) => sageMakerPage("endpoints", lastPart(id)),
  "AWS::SageMaker::EndpointConfig": (id) => sageMakerPage("endpointConfig", lastPart(id)),
  "AWS::SageMaker::Model": (id) => sageMakerPage("models", lastPart(id)),
  "AWS::CloudWatch::Alarm": alarmPage,
  "AWS::CloudWatch::Dashboard": (id) => `cloudwatch/home#dashboards/dashboard/${encodeURIComponent(id)}`,
  "AWS::Logs::LogGroup": (id) => `cloudwatch/home#logsV2:log-groups/log-group/${logsPath(id)}`,
  "AWS::Lambda::Function": (id) => `lambda/home#/functions/${encodeURIComponent(id)}`,
  "AWS::IAM::Role": (id) => `iam/home#/roles/details/${encodeURIComponent(id)}`,
  "AWS::S3::Bucket": (id) => `s3/buckets/${encodeURIComponent(id)}`,
  "AWS::ApiGateway::RestApi": (id) =>
    `apigateway/main/apis/${encodeURIComponent(id)}/resources?api=${encodeURIComponent(id)}`,
  "AWS::Amplify::App": (id) => `amplify/apps/${encodeURIComponent(id)}`,
  "AWS::CloudFormation::Stack": stackPage,
};

const lastPart = (id: string) => id.slice(id.lastIndexOf("/") + 1);

/** The page of a stack's resource below the console's host; absent where the console has none of its own. */
export function resourcePage({ type, physicalId }: Pick<StackResource, "type" | "physicalId">): string | undefined {
  return physicalId === undefined ? undefined : PAGES[type]?.(physicalId);
}

/** A page as an address; the partitions have consoles of their own (AWS general reference, console links). */
export function consoleUrl(page: string, region: string): string {
  const host = region.startsWith("cn-")
    ? "console.amazonaws.cn"
    : region.startsWith("us-gov-")
      ? "console.amazonaws-us-gov.com"
      : "console.aws.amazon.com";
  const [path = "", ...fragment] = page.split("#");
  return `https://${region}.${host}/${path}${path.includes("?") ? "&" : "?"}region=${region}${fragment.length ? `#${fragment.join("#")}` : ""}`;
}
