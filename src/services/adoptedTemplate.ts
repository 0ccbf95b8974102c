import { Scalar, stringify } from "yaml";
import type { EndpointBlueprint, ResourceProperties } from "../domain/endpointBlueprint.ts";

/** A template with what a reader should know of it. */
export interface AdoptedTemplate {
  text: string;
  notes: string[];
}

const HEADER = `# Made from an endpoint of the account as it was then: a stack of this template makes another endpoint like it, under
# the stack's own name. It takes nothing away from the first one, and does not manage it.
`;
/** Environment variables whose values are not written to a file. */
const SECRET = /token|secret|password|passwd|api_?key|credential/i;

function tagged(tag: "!Ref" | "!GetAtt" | "!Sub", text: string): Scalar<string> {
  const scalar = new Scalar(text);
  scalar.tag = tag;
  return scalar;
}

/** The template of a stack that makes an endpoint like this one. */
export function adoptedTemplate(blueprint: EndpointBlueprint): AdoptedTemplate {
  const { endpointName, models, config, scaling, tags } = blueprint;
  const notes: string[] = [];
  const parameters: Record<string, ResourceProperties> = {};
  const resources: Record<string, ResourceProperties> = {};
  const names = Object.keys(models);
  const modelIds = new Map(names.map((name, at) => [name, at === 0 ? "Model" : `Model${at + 1}`]));
  const roles = [...new Set(names.map((name) => models[name]?.ExecutionRoleArn).filter(isText))];
  roles.forEach((arn, at) => {
    parameters[roleParameter(at)] = {
      Type: "String",
      Description: "The role that SageMaker takes on to run the model; it must exist.",
      Default: arn,
    };
  });
  for (const [name, id] of modelIds) {
    const { ExecutionRoleArn, ...properties } = models[name] ?? {};
    const role = isText(ExecutionRoleArn)
      ? { ExecutionRoleArn: tagged("!Ref", roleParameter(roles.indexOf(ExecutionRoleArn))) }
      : {};
    const kept = withoutSecrets(properties, parameters, notes);
    resources[id] = { Type: "AWS::SageMaker::Model", Properties: { ...role, ...kept } };
  }
  resources.EndpointConfig = {
    Type: "AWS::SageMaker::EndpointConfig",
    Properties: {
      ...config,
      ProductionVariants: variantsOf(config.ProductionVariants, modelIds),
      ...(config.ShadowProductionVariants
        ? { ShadowProductionVariants: variantsOf(config.ShadowProductionVariants, modelIds) }
        : {}),
    },
  };
  resources.Endpoint = {
    Type: "AWS::SageMaker::Endpoint",
    Properties: {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own form of a reference
      EndpointName: tagged("!Sub", "${AWS::StackName}-endpoint"),
      EndpointConfigName: tagged("!GetAtt", "EndpointConfig.EndpointConfigName"),
      RetainAllVariantProperties: true,
      ...(Object.keys(tags).length ? { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) } : {}),
    },
  };
  scaling.forEach(({ variantName, target, policies }, at) => {
    const suffix = at === 0 ? "" : String(at + 1);
    resources[`ScalableTarget${suffix}`] = {
      Type: "AWS::ApplicationAutoScaling::ScalableTarget",
      Properties: {
        ServiceNamespace: "sagemaker",
        ScalableDimension: "sagemaker:variant:DesiredInstanceCount",
        ResourceId: tagged("!Sub", `endpoint/\${Endpoint.EndpointName}/variant/${variantName}`),
        ...target,
      },
    };
    policies.forEach((policy, index) => {
      resources[`ScalingPolicy${suffix}${index === 0 ? "" : `No${index + 1}`}`] = {
        Type: "AWS::ApplicationAutoScaling::ScalingPolicy",
        Properties: { ScalingTargetId: tagged("!Ref", `ScalableTarget${suffix}`), ...cfnPolicy(policy, endpointName) },
      };
    });
  });
  if (variants(config.ProductionVariants).some(({ ModelName }) => ModelName === undefined))
    notes.push("The endpoint runs inference components, which are not taken along: add them to the template.");
  const [first] = variants(config.ProductionVariants);
  const template = {
    AWSTemplateFormatVersion: "2010-09-09",
    Description: `An endpoint like ${endpointName}.`,
    ...(Object.keys(parameters).length ? { Parameters: parameters } : {}),
    Resources: resources,
    Outputs: {
      EndpointName: { Description: "The SageMaker endpoint.", Value: tagged("!GetAtt", "Endpoint.EndpointName") },
      VariantName: { Description: "The endpoint's production variant.", Value: String(first?.VariantName) },
      EndpointConfigName: {
        Description: "The endpoint's configuration.",
        Value: tagged("!GetAtt", "EndpointConfig.EndpointConfigName"),
      },
      ...(names.length
        ? { ModelName: { Description: "The SageMaker model.", Value: tagged("!GetAtt", "Model.ModelName") } }
        : {}),
    },
  };
  return { text: HEADER + stringify(template, { lineWidth: 0, aliasDuplicateObjects: false }), notes };
}

const isText = (value: unknown): value is string => typeof value === "string";
const roleParameter = (at: number) => `ExecutionRoleArn${at === 0 ? "" : at + 1}`;
const variants = (value: unknown): ResourceProperties[] => (Array.isArray(value) ? value : []);

function variantsOf(value: unknown, modelIds: Map<string, string>): ResourceProperties[] {
  return variants(value).map(({ ModelName, ...variant }) => {
    const id = isText(ModelName) ? modelIds.get(ModelName) : undefined;
    return { ...variant, ...(id ? { ModelName: tagged("!GetAtt", `${id}.ModelName`) } : {}) };
  });
}

/** A policy on a metric of the first endpoint would scale the second by the first one's load. */
function cfnPolicy(policy: ResourceProperties, endpointName: string): ResourceProperties {
  const rewrite = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(rewrite);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).map(([name, member]) => [name, rewrite(member)] as const);
    const { Name, Value } = value as { Name?: unknown; Value?: unknown };
    if (Name === "EndpointName" && Value === endpointName)
      return { Name, Value: tagged("!GetAtt", "Endpoint.EndpointName") };
    return Object.fromEntries(entries);
  };
  return rewrite(policy) as ResourceProperties;
}

/** Variables that look like secrets become parameters without a value: a template is a file that is passed on. */
function withoutSecrets(
  properties: ResourceProperties,
  parameters: Record<string, ResourceProperties>,
  notes: string[],
): ResourceProperties {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => {
        if (name !== "Environment") return [name, walk(member)];
        return [
          name,
          Object.fromEntries(Object.entries(member as object).map(([key, text]) => [key, variable(key, text)])),
        ];
      }),
    );
  };
  const variable = (key: string, text: unknown) => {
    if (!SECRET.test(key)) return text;
    const parameter = key.replace(/[^A-Za-z0-9]/g, "");
    parameters[parameter] = { Type: "String", NoEcho: true, Description: `The container's ${key}.` };
    notes.push(
      `The value of ${key} was not written down: give parameter ${parameter} as {{resolve:secretsmanager:NAME}} in the project file.`,
    );
    return tagged("!Ref", parameter);
  };
  return walk(properties) as ResourceProperties;
}
