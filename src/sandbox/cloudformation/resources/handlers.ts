import { amplifyHandlers } from "./amplify.ts";
import { apiGatewayHandlers } from "./apiGateway.ts";
import { apiGatewayKeyHandlers } from "./apiGatewayKeys.ts";
import { customHandlers } from "./custom.ts";
import type { HandlerTable, ResourceHandler } from "./handler.ts";
import { iamHandlers } from "./iam.ts";
import { iamInlinePolicyHandlers } from "./iamInlinePolicies.ts";
import { iamPolicyHandlers } from "./iamPolicies.ts";
import { iamUserHandlers } from "./iamUsers.ts";
import { inferenceComponentHandlers } from "./inferenceComponents.ts";
import { lambdaHandlers } from "./lambda.ts";
import { lambdaUrlHandlers } from "./lambdaUrls.ts";
import { lambdaVersionHandlers } from "./lambdaVersions.ts";
import { logFilterHandlers } from "./logFilters.ts";
import { nestedHandlers } from "./nested.ts";
import { s3Handlers } from "./s3.ts";
import { sageMakerHandlers } from "./sageMaker.ts";
import { sageMakerDomainHandlers } from "./sageMakerDomains.ts";
import { scalingHandlers } from "./scaling.ts";
import { schedulerHandlers } from "./scheduler.ts";
import { variousHandlers } from "./various.ts";
import { waitingHandlers } from "./waiting.ts";

const HANDLERS: HandlerTable = {
  ...amplifyHandlers,
  ...apiGatewayHandlers,
  ...apiGatewayKeyHandlers,
  ...customHandlers,
  ...iamHandlers,
  ...iamInlinePolicyHandlers,
  ...iamPolicyHandlers,
  ...iamUserHandlers,
  ...inferenceComponentHandlers,
  ...lambdaHandlers,
  ...lambdaUrlHandlers,
  ...lambdaVersionHandlers,
  ...logFilterHandlers,
  ...nestedHandlers,
  ...s3Handlers,
  ...sageMakerHandlers,
  ...sageMakerDomainHandlers,
  ...scalingHandlers,
  ...schedulerHandlers,
  ...variousHandlers,
  ...waitingHandlers,
};

/** The handler of a resource type, or undefined when the sandbox does not know the type. */
export function handlerOf(type: string): ResourceHandler | undefined {
  // A custom resource may be called whatever its author likes.
  const known = type.startsWith("Custom::") ? "AWS::CloudFormation::CustomResource" : type;
  return Object.hasOwn(HANDLERS, known) ? HANDLERS[known] : undefined;
}

/** Resource types that the sandbox can create, in alphabetical order. */
export const RESOURCE_TYPES: readonly string[] = Object.keys(HANDLERS).sort();
