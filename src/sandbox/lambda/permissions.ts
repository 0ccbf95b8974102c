import { randomUUID } from "node:crypto";
import {
  AddPermissionCommand,
  type AddPermissionCommandInput,
  GetPolicyCommand,
  RemovePermissionCommand,
  ResourceConflictException,
  ResourceNotFoundException,
} from "@aws-sdk/client-lambda";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { WireError } from "../wire/types.ts";
import { badParameter, type FunctionStore, type LambdaFunction, type PolicyStatement } from "./functionStore.ts";

/** AddPermission, RemovePermission and GetPolicy: who else may invoke a function. */
export function addPermissionOperations(service: ServiceBuilder, store: FunctionStore): void {
  /** Each qualifier has a policy of its own; `$LATEST` counts as none. */
  const policyOf = (input: { FunctionName?: string; Qualifier?: string }, region: string) => {
    const { fn, qualifier: given } = store.resolve(input.FunctionName, input.Qualifier, region);
    const qualifier = given === undefined || given === "$LATEST" ? "" : given;
    return { fn, qualifier, policy: fn.family.policies.get(qualifier) ?? [] };
  };

  service
    .on(AddPermissionCommand)((input, ctx) => {
      const { fn, policy, qualifier } = policyOf(input, ctx.region);
      if (policy.some((statement) => statement.Sid === input.StatementId))
        throw new ResourceConflictException({
          message: `The statement id (${input.StatementId}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
          Type: "User",
          $metadata: {},
        });
      if (input.Qualifier === "$LATEST") throw badParameter("We currently do not support adding policies for $LATEST.");
      checkRevision(fn, input.RevisionId);
      const condition = conditionOf(input);
      const principal = input.Principal!;
      const statement: PolicyStatement = {
        Sid: input.StatementId!,
        Effect: "Allow",
        Principal:
          principal === "*"
            ? "*"
            : principal.endsWith(".amazonaws.com")
              ? { Service: principal }
              : { AWS: accountArn(principal) },
        Action: input.Action!,
        Resource: qualifier === "" ? fn.arn : `${fn.arn}:${qualifier}`,
        ...(Object.keys(condition).length && { Condition: condition }),
      };
      fn.family.policies.set(qualifier, [...policy, statement]);
      fn.revisionId = randomUUID();
      ctx.status = 201;
      return { Statement: JSON.stringify(statement) };
    })
    .on(RemovePermissionCommand)((input, ctx) => {
      const { fn, policy, qualifier } = policyOf(input, ctx.region);
      checkRevision(fn, input.RevisionId);
      const left = policy.filter((statement) => statement.Sid !== input.StatementId);
      if (left.length === policy.length)
        throw new ResourceNotFoundException({
          message: `Statement ${input.StatementId} is not found in resource policy.`,
          Type: "User",
          $metadata: {},
        });
      fn.family.policies.set(qualifier, left);
      fn.revisionId = randomUUID();
      ctx.status = 204;
      return {};
    })
    .on(GetPolicyCommand)((input, ctx) => {
    const { fn, policy } = policyOf(input, ctx.region);
    if (policy.length === 0)
      throw new ResourceNotFoundException({
        message: "The resource you requested does not exist.",
        Type: "User",
        $metadata: {},
      });
    return {
      Policy: JSON.stringify({ Version: "2012-10-17", Id: "default", Statement: policy }),
      RevisionId: fn.revisionId,
    };
  });
}

/** @throws PreconditionFailedException when the policy has changed since the caller read it */
function checkRevision(fn: LambdaFunction, revisionId: string | undefined): void {
  if (revisionId === undefined || revisionId === fn.revisionId) return;
  throw new WireError(
    "PreconditionFailedException",
    "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest Revision Id",
    412,
    { Type: "User" },
  );
}

/** What a statement holds the caller to (AWS: AddPermission). */
function conditionOf(input: AddPermissionCommandInput): NonNullable<PolicyStatement["Condition"]> {
  const equal = {
    ...(input.SourceAccount && { "AWS:SourceAccount": input.SourceAccount }),
    ...(input.PrincipalOrgID && { "aws:PrincipalOrgID": input.PrincipalOrgID }),
    ...(input.FunctionUrlAuthType && { "lambda:FunctionUrlAuthType": input.FunctionUrlAuthType }),
    ...(input.EventSourceToken && { "lambda:EventSourceToken": input.EventSourceToken }),
  };
  return {
    ...(Object.keys(equal).length && { StringEquals: equal }),
    ...(input.SourceArn && { ArnLike: { "AWS:SourceArn": input.SourceArn } }),
    ...(input.InvokedViaFunctionUrl !== undefined && {
      Bool: { "lambda:InvokedViaFunctionUrl": String(input.InvokedViaFunctionUrl) },
    }),
  };
}

/** An account stands for its root. */
function accountArn(principal: string): string {
  return /^\d{12}$/.test(principal) ? `arn:aws:iam::${principal}:root` : principal;
}
