import {
  type EndpointType,
  GetExportCommand,
  ImportRestApiCommand,
  type PutMode,
  PutRestApiCommand,
} from "@aws-sdk/client-api-gateway";
import { stringify } from "yaml";
import type { ServiceBuilder } from "../../wire/serviceBuilder.ts";
import type { CallContext } from "../../wire/types.ts";
import type { World } from "../../world.ts";
import { type ApiStore, badRequest, type RestApi } from "../apiStore.ts";
import { describeApi, newApi } from "../restApis.ts";
import { applyPlan } from "./applyPlan.ts";
import { parseDefinition } from "./definitionText.ts";
import { type ExportParts, exportOpenApi3, exportSwagger } from "./exportApi.ts";
import { readDefinition } from "./readDefinition.ts";

/** APIs from definitions and definitions of APIs: ImportRestApi, PutRestApi, GetExport. */
export function addDefinitionOperations(service: ServiceBuilder, world: World, store: ApiStore): void {
  service
    .on(ImportRestApiCommand)(async (input, ctx) => {
      const parameters = input.parameters ?? {};
      const types = (parameters.endpointConfigurationTypes ?? "EDGE").split(",").map((type) => type.trim());
      const api = newApi(world, ctx.region, { name: "", endpointConfiguration: { types: types.map(endpointType) } });
      const warnings = await define(
        api,
        bytesOf(input.body),
        parameters,
        "overwrite",
        input.failOnWarnings ?? false,
        ctx,
      );
      if (!api.name) throw badRequest("Invalid OpenAPI input. It has no title (info.title), which names the API.");
      store.apis.set(api.id, api);
      ctx.status = 201;
      return { ...describeApi(api), ...(warnings.length && { warnings }) };
    })
    .on(PutRestApiCommand)(async (input, ctx) => {
      const api = store.api(input.restApiId, ctx.region);
      const mode = modeOf(input.mode);
      const parameters = input.parameters ?? {};
      const warnings = await define(api, bytesOf(input.body), parameters, mode, input.failOnWarnings ?? false, ctx);
      return { ...describeApi(api), ...(warnings.length && { warnings }) };
    })
    .on(GetExportCommand)((input, ctx) => {
    const api = store.api(input.restApiId, ctx.region);
    const stage = store.stage(api, input.stageName);
    const { snapshot } = store.deployment(api, stage.deploymentId);
    const isSwagger = input.exportType === "swagger";
    if (!isSwagger && input.exportType !== "oas30")
      throw badRequest(`Invalid export type specified: ${input.exportType}. Must be one of: [oas30, swagger]`);
    const isYaml = /yaml/.test(input.accepts ?? "");
    const contentType = isYaml ? "application/yaml" : "application/json";
    const parts = partsOf(input.parameters?.extensions);
    const made = (isSwagger ? exportSwagger : exportOpenApi3)({ api, snapshot, stage }, parts);
    const text = isYaml ? stringify(made, { aliasDuplicateObjects: false }) : JSON.stringify(made, undefined, 2);
    const at = new Date(api.createdAt).toISOString().replace(/\.\d+Z$/, "Z");
    return {
      body: Buffer.from(text),
      contentType,
      contentDisposition: `attachment; filename="${isSwagger ? "swagger" : "oas30"}_${at}.${isYaml ? "yaml" : "json"}"`,
    };
  });
}

/** The body as the wire layer has decoded it. */
const bytesOf = (body: unknown) => Buffer.from((body as Uint8Array | undefined) ?? []);

/** Reads a definition into an API. @returns warnings @throws BadRequestException */
async function define(
  api: RestApi,
  body: Uint8Array,
  parameters: Record<string, string>,
  mode: PutMode,
  failOnWarnings: boolean,
  ctx: CallContext,
): Promise<string[]> {
  const plan = readDefinition(parseDefinition(body), api.id, parameters);
  if (failOnWarnings && plan.warnings.length)
    throw badRequest(`Warnings found during import:\n\t${plan.warnings.join("\n\t")}`);
  await applyPlan(api, plan, mode, ctx);
  return plan.warnings;
}

function modeOf(mode: string | undefined): PutMode {
  if (mode === undefined || mode === "merge") return "merge";
  if (mode === "overwrite") return mode;
  throw badRequest(`Invalid mode specified: ${mode}. Must be one of: [merge, overwrite]`);
}

function endpointType(type: string): EndpointType {
  if (type === "EDGE" || type === "REGIONAL" || type === "PRIVATE") return type;
  throw badRequest(`Invalid endpoint type specified: ${type}`);
}

/** `extensions=integrations,authorizers` or `apigateway` for all (AWS: GetExport). */
function partsOf(extensions: string | undefined): ExportParts {
  const wanted = (extensions ?? "").split(",").map((item) => item.trim());
  for (const item of wanted)
    if (!["", "integrations", "authorizers", "apigateway", "documentation"].includes(item))
      throw badRequest(
        `Invalid extensions specified: ${item}. Must be of: [integrations, authorizers, apigateway, documentation]`,
      );
  const all = wanted.includes("apigateway");
  return {
    integrations: all || wanted.includes("integrations"),
    authorizers: all || wanted.includes("authorizers"),
    rest: all,
  };
}
