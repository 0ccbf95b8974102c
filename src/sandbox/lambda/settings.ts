import {
  DeleteFunctionConcurrencyCommand,
  GetAccountSettingsCommand,
  GetFunctionConcurrencyCommand,
  GetFunctionRecursionConfigCommand,
  GetProvisionedConcurrencyConfigCommand,
  GetRuntimeManagementConfigCommand,
  ListEventSourceMappingsCommand,
  ListProvisionedConcurrencyConfigsCommand,
  ProvisionedConcurrencyConfigNotFoundException,
  PutFunctionConcurrencyCommand,
} from "@aws-sdk/client-lambda";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { badParameter, type FunctionStore } from "./functionStore.ts";

/** Limits of an account (AWS: "Lambda quotas"). */
const CONCURRENCY = 1000;
const MIN_UNRESERVED = 100;
const CODE_BYTES = 80_530_636_800;
const UNZIPPED_BYTES = 262_144_000;
const ZIPPED_BYTES = 52_428_800;

/** Reserved concurrency, the account's settings, and what clients ask about features that no function here has. */
export function addSettingOperations(service: ServiceBuilder, store: FunctionStore): void {
  const reserved = () => store.all().reduce((sum, { family }) => sum + (family.reservedConcurrency ?? 0), 0);

  service
    .on(PutFunctionConcurrencyCommand)((input, ctx) => {
      if (store.parse(input.FunctionName, ctx.region).version !== undefined)
        throw badParameter(
          "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.",
        );
      const { family } = store.head(input.FunctionName, ctx.region);
      const wanted = input.ReservedConcurrentExecutions!;
      if (CONCURRENCY - (reserved() - (family.reservedConcurrency ?? 0)) - wanted < MIN_UNRESERVED)
        throw badParameter(
          `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${MIN_UNRESERVED}].`,
        );
      family.reservedConcurrency = wanted;
      return { ReservedConcurrentExecutions: wanted };
    })
    .on(GetFunctionConcurrencyCommand)((input, ctx) => ({
      ReservedConcurrentExecutions: store.head(input.FunctionName, ctx.region).family.reservedConcurrency,
    }))
    .on(DeleteFunctionConcurrencyCommand)((input, ctx) => {
      store.head(input.FunctionName, ctx.region).family.reservedConcurrency = undefined;
      ctx.status = 204;
      return {};
    })
    .on(GetAccountSettingsCommand)((_input, ctx) => {
      const functions = store.all(ctx.region);
      return {
        AccountLimit: {
          TotalCodeSize: CODE_BYTES,
          CodeSizeUnzipped: UNZIPPED_BYTES,
          CodeSizeZipped: ZIPPED_BYTES,
          ConcurrentExecutions: CONCURRENCY,
          UnreservedConcurrentExecutions: CONCURRENCY - reserved(),
        },
        AccountUsage: {
          TotalCodeSize: functions.reduce((sum, { code }) => sum + code.zip.byteLength, 0),
          FunctionCount: functions.length,
        },
      };
    })
    .on(GetRuntimeManagementConfigCommand)((input, ctx) => ({
      UpdateRuntimeOn: "Auto",
      FunctionArn: store.get(input.FunctionName, input.Qualifier, ctx.region).arn,
    }))
    .on(GetFunctionRecursionConfigCommand)((input, ctx) => {
      store.head(input.FunctionName, ctx.region);
      return { RecursiveLoop: "Terminate" };
    })
    .on(ListEventSourceMappingsCommand)(() => ({ EventSourceMappings: [] }))
    .on(GetProvisionedConcurrencyConfigCommand)((input, ctx) => {
      store.get(input.FunctionName, input.Qualifier, ctx.region);
      throw new ProvisionedConcurrencyConfigNotFoundException({
        message: "No Provisioned Concurrency Config found for this function",
        Type: "User",
        $metadata: {},
      });
    })
    .on(ListProvisionedConcurrencyConfigsCommand)((input, ctx) => {
    store.head(input.FunctionName, ctx.region);
    return { ProvisionedConcurrencyConfigs: [] };
  });
}
