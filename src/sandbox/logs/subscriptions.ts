import {
  DeleteSubscriptionFilterCommand,
  DescribeSubscriptionFiltersCommand,
  InvalidParameterException,
  LimitExceededException,
  PutSubscriptionFilterCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-cloudwatch-logs";
import { GetPolicyCommand } from "@aws-sdk/client-lambda";
import { pageOf } from "../paging.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import type { World } from "../world.ts";
import { readFilterPattern } from "./filterPattern.ts";
import type { LogsState } from "./logs.ts";

/** Subscriptions of one group (AWS: CloudWatch Logs quotas). */
const MAX_SUBSCRIPTIONS = 2;
const FUNCTION = /^arn:aws[\w-]*:lambda:([\w-]+):\d{12}:function:([\w-]+)/;

/** PutSubscriptionFilter, DescribeSubscriptionFilters, DeleteSubscriptionFilter: events go to Lambda functions. */
export function addSubscriptionOperations(service: ServiceBuilder, { world, groupOf }: LogsState): void {
  service
    .on(PutSubscriptionFilterCommand)(async (input, ctx) => {
      const group = groupOf(ctx.region, input.logGroupName);
      const pattern = input.filterPattern ?? "";
      readFilterPattern(pattern);
      const destinationArn = input.destinationArn!;
      const [, , name] = FUNCTION.exec(destinationArn) ?? [];
      if (!name)
        throw invalid(
          `This sandbox sends the events of a subscription to Lambda functions only, not to ${destinationArn}.`,
        );
      if (group.name === `/aws/lambda/${name}`)
        throw invalid(`The function ${name} writes to ${group.name} itself: each invocation would set off the next.`);
      await assertInvocable(world, destinationArn);
      group.subscriptions ??= new Map();
      const filterName = input.filterName!;
      if (!group.subscriptions.has(filterName) && group.subscriptions.size >= MAX_SUBSCRIPTIONS)
        throw new LimitExceededException({ message: "Resource limit exceeded.", $metadata: {} });
      const createdAt = world.clock.now();
      group.subscriptions.set(filterName, { name: filterName, pattern, destinationArn, createdAt });
      return {};
    })
    .on(DescribeSubscriptionFiltersCommand)((input, ctx) => {
      const group = groupOf(ctx.region, input.logGroupName);
      const filters = [...(group.subscriptions?.values() ?? [])]
        .filter(({ name }) => name.startsWith(input.filterNamePrefix ?? ""))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      const { items, nextToken } = pageOf(filters, input.limit ?? 50, input.nextToken, () =>
        invalid("The specified nextToken is invalid."),
      );
      return {
        subscriptionFilters: items.map((filter) => ({
          filterName: filter.name,
          logGroupName: group.name,
          filterPattern: filter.pattern,
          destinationArn: filter.destinationArn,
          distribution: "ByLogStream" as const,
          creationTime: filter.createdAt,
          applyOnTransformedLogs: false,
        })),
        nextToken,
      };
    })
    .on(DeleteSubscriptionFilterCommand)((input, ctx) => {
    if (!groupOf(ctx.region, input.logGroupName).subscriptions?.delete(input.filterName!))
      throw new ResourceNotFoundException({
        message: "The specified subscription filter does not exist.",
        $metadata: {},
      });
    return {};
  });
}

const invalid = (message: string) => new InvalidParameterException({ message, $metadata: {} });

/** The function's policy must let CloudWatch Logs in (AWS: PutSubscriptionFilter). @throws InvalidParameterException */
async function assertInvocable(world: World, destinationArn: string): Promise<void> {
  const region = destinationArn.split(":")[3]!;
  const policy = await world.call(GetPolicyCommand, { FunctionName: destinationArn }, { region }).then(
    ({ Policy }) => Policy ?? "",
    () => "",
  );
  if (!/"Service":"logs\.([\w-]+\.)?amazonaws\.com"/.test(policy))
    throw invalid(
      "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.",
    );
}
