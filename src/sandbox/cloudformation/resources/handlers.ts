import { amplifyHandlers } from "./amplify.ts";
import { apiGatewayHandlers } from "./apiGateway.ts";
import { apiGatewayKeyHandlers } from "./apiGatewayKeys.ts";
import type { HandlerTable, ResourceHandler } from "./handler.ts";
import { iamHandlers } from "./iam.ts";
import { iamPolicyHandlers } from "./iamPolicies.ts";
import { iamUserHandlers } from "./iamUsers.ts";
import { lambdaHandlers } from "./lambda.ts";
import { lambdaVersionHandlers } from "./lambdaVersions.ts";
import { s3Handlers } from "./s3.ts";
import { sageMakerHandlers } from "./sageMaker.ts";
import { scalingHandlers } from "./scaling.ts";
import { variousHandlers } from "./various.ts";

const HANDLERS: HandlerTable = {
  ...amplifyHandlers,
  ...apiGatewayHandlers,
  ...apiGatewayKeyHandlers,
  ...iamHandlers,
  ...iamPolicyHandlers,
  ...iamUserHandlers,
  ...lambdaHandlers,
  ...lambdaVersionHandlers,
  ...s3Handlers,
  ...sageMakerHandlers,
  ...scalingHandlers,
  ...variousHandlers,
};

/** The handler of a resource type, or undefined when the sandbox does not know the type. */
export function handlerOf(type: string): ResourceHandler | undefined {
  return Object.hasOwn(HANDLERS, type) ? HANDLERS[type] : undefined;
}

/** Resource types that the sandbox can create, in alphabetical order. */
export const RESOURCE_TYPES: readonly string[] = Object.keys(HANDLERS).sort();
