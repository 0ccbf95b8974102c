import type {
  CreateAuthorizerCommandInput,
  CreateModelCommandInput,
  CreateRequestValidatorCommandInput,
  PutGatewayResponseCommandInput,
  PutIntegrationCommandInput,
  PutIntegrationResponseCommandInput,
  PutMethodCommandInput,
  PutMethodResponseCommandInput,
} from "@aws-sdk/client-api-gateway";
import type { RestApi } from "../apiStore.ts";

type Inside<T, K extends string = never> = Omit<T, "restApiId" | K>;
type InMethod<T> = Inside<T, "resourceId" | "httpMethod">;

/** A method of a definition, as the inputs of the operations that make it; validator and authorizer by their names. */
export interface PlannedMethod {
  /** `/pets/{id}` */
  path: string;
  httpMethod: string;
  method: InMethod<Omit<PutMethodCommandInput, "authorizerId" | "requestValidatorId">>;
  authorizer?: string;
  validator?: string;
  responses: InMethod<PutMethodResponseCommandInput>[];
  integration?: InMethod<PutIntegrationCommandInput>;
  integrationResponses: InMethod<PutIntegrationResponseCommandInput>[];
}

/** What a definition wants of an API. */
export interface ApiPlan {
  /** What the API says about itself; absent where the definition is silent. */
  about: Partial<
    Pick<
      RestApi,
      | "name"
      | "description"
      | "version"
      | "binaryMediaTypes"
      | "minimumCompressionSize"
      | "apiKeySource"
      | "policy"
      | "disableExecuteApiEndpoint"
    >
  >;
  vpcEndpointIds?: string[];
  tags: Record<string, string>;
  models: Inside<CreateModelCommandInput>[];
  validators: (Inside<CreateRequestValidatorCommandInput> & { name: string })[];
  authorizers: (Inside<CreateAuthorizerCommandInput> & { name: string })[];
  gatewayResponses: Inside<PutGatewayResponseCommandInput>[];
  /** Paths without methods too. */
  paths: string[];
  methods: PlannedMethod[];
  /** What was read and left out, in words. */
  warnings: string[];
}
