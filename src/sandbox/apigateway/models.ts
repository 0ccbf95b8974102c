import {
  CreateModelCommand,
  CreateRequestValidatorCommand,
  DeleteModelCommand,
  DeleteRequestValidatorCommand,
  GetModelCommand,
  GetModelsCommand,
  GetRequestValidatorCommand,
  GetRequestValidatorsCommand,
  UpdateModelCommand,
  UpdateRequestValidatorCommand,
} from "@aws-sdk/client-api-gateway";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import {
  type ApiModel,
  type ApiStore,
  apiId,
  badRequest,
  conflict,
  notFound,
  pageOf,
  type RestApi,
} from "./apiStore.ts";
import { applyPatches } from "./patch.ts";

/** Models that every new API has (AWS: "Data models for REST APIs"). */
export function defaultModels(): Map<string, ApiModel> {
  const model = (name: string, description: string, schema: object): [string, ApiModel] => [
    name,
    { id: apiId(6), name, description, contentType: "application/json", schema: JSON.stringify(schema, undefined, 2) },
  ];
  const $schema = "http://json-schema.org/draft-04/schema#";
  return new Map([
    model("Empty", "This is a default empty schema model", { $schema, title: "Empty Schema", type: "object" }),
    model("Error", "This is a default error schema model", {
      $schema,
      title: "Error Schema",
      type: "object",
      properties: { message: { type: "string" } },
    }),
  ]);
}

/** Models and request validators of an API. */
export function addModelOperations(service: ServiceBuilder, store: ApiStore): void {
  const modelOf = (api: RestApi, name: string | undefined): ApiModel => {
    const model = api.models.get(name ?? "");
    if (!model) throw notFound("Invalid Model Name specified");
    return model;
  };
  const validatorOf = (api: RestApi, id: string | undefined) => {
    const validator = api.validators.get(id ?? "");
    if (!validator) throw notFound("Invalid Request Validator identifier specified");
    return validator;
  };

  service
    .on(CreateModelCommand)((input, ctx) => {
      const api = store.api(input.restApiId, ctx.region);
      const name = input.name!;
      if (!/^[a-zA-Z0-9]+$/.test(name)) throw badRequest(`Model name must be alphanumeric: ${name}`);
      if (api.models.has(name)) throw conflict(`Model name already exists for this REST API`);
      const { description, contentType, schema } = input;
      checkSchema(schema);
      const model: ApiModel = { id: apiId(6), name, description, contentType: contentType!, schema };
      api.models.set(name, model);
      ctx.status = 201;
      return model;
    })
    .on(GetModelCommand)((input, ctx) => modelOf(store.api(input.restApiId, ctx.region), input.modelName))
    .on(GetModelsCommand)((input, ctx) =>
      pageOf([...store.api(input.restApiId, ctx.region).models.values()], input.limit, input.position),
    )
    .on(UpdateModelCommand)((input, ctx) => {
      const model = modelOf(store.api(input.restApiId, ctx.region), input.modelName);
      applyPatches(input.patchOperations, {
        "/description": ({ value }) => {
          model.description = value;
        },
        "/schema": ({ value }) => {
          checkSchema(value);
          model.schema = value;
        },
      });
      return model;
    })
    .on(DeleteModelCommand)((input, ctx) => {
      const api = store.api(input.restApiId, ctx.region);
      const { name } = modelOf(api, input.modelName);
      const used = [...api.resources.values()].some(({ methods }) =>
        [...methods.values()].some(({ requestModels, methodResponses }) =>
          [requestModels, ...Object.values(methodResponses ?? {}).map(({ responseModels }) => responseModels)].some(
            (models) => Object.values(models ?? {}).includes(name),
          ),
        ),
      );
      if (used) throw conflict(`Cannot delete model '${name}', is referenced in a method`);
      api.models.delete(name);
      ctx.status = 202;
      return {};
    })
    .on(CreateRequestValidatorCommand)((input, ctx) => {
      const api = store.api(input.restApiId, ctx.region);
      const validator = {
        id: apiId(6),
        name: input.name,
        validateRequestBody: input.validateRequestBody ?? false,
        validateRequestParameters: input.validateRequestParameters ?? false,
      };
      api.validators.set(validator.id, validator);
      ctx.status = 201;
      return validator;
    })
    .on(GetRequestValidatorCommand)((input, ctx) =>
      validatorOf(store.api(input.restApiId, ctx.region), input.requestValidatorId),
    )
    .on(GetRequestValidatorsCommand)((input, ctx) =>
      pageOf([...store.api(input.restApiId, ctx.region).validators.values()], input.limit, input.position),
    )
    .on(UpdateRequestValidatorCommand)((input, ctx) => {
      const validator = validatorOf(store.api(input.restApiId, ctx.region), input.requestValidatorId);
      applyPatches(input.patchOperations, {
        "/name": ({ value }) => {
          validator.name = value;
        },
        "/validateRequestBody": ({ value }) => {
          validator.validateRequestBody = value === "true";
        },
        "/validateRequestParameters": ({ value }) => {
          validator.validateRequestParameters = value === "true";
        },
      });
      return validator;
    })
    .on(DeleteRequestValidatorCommand)((input, ctx) => {
    const api = store.api(input.restApiId, ctx.region);
    api.validators.delete(validatorOf(api, input.requestValidatorId).id);
    ctx.status = 202;
    return {};
  });
}

function checkSchema(schema: string | undefined): void {
  if (!schema) return;
  try {
    JSON.parse(schema);
  } catch {
    throw badRequest(
      "Invalid model specified: Validation Result: warnings : [], errors : [Invalid model schema specified]",
    );
  }
}
