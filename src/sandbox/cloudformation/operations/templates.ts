import { GetTemplateCommand, GetTemplateSummaryCommand, ValidateTemplateCommand } from "@aws-sdk/client-cloudformation";
import type { ServiceBuilder } from "../../wire/serviceBuilder.ts";
import type { World } from "../../world.ts";
import { capabilitiesOf, declaredTemplate } from "../stacks/model.ts";
import type { StackStore } from "../stacks/stack.ts";
import { type Template, transformsOf } from "../template/template.ts";
import { parseTemplateText } from "../template/templateText.ts";
import { invalid } from "../template/value.ts";
import { changeSetOf, stackOf } from "./finding.ts";
import { templateText } from "./templateSource.ts";

/** ValidateTemplate, GetTemplateSummary and GetTemplate. */
export function addTemplateOperations(service: ServiceBuilder, world: World, store: StackStore): void {
  service
    .on(ValidateTemplateCommand)(async (input, ctx) => {
      const text = await templateText(world, ctx.region, input);
      const template = declaredTemplate(text);
      return {
        Parameters: Object.entries(template.parameters).map(
          ([ParameterKey, { default: DefaultValue, noEcho, description }]) => ({
            ParameterKey,
            DefaultValue,
            NoEcho: noEcho,
            Description: description,
          }),
        ),
        Description: template.description,
        ...neededCapabilities(template),
        DeclaredTransforms: declaredTransforms(text),
      };
    })
    .on(GetTemplateSummaryCommand)(async (input, ctx) => {
      const stack = input.StackName ? stackOf(store, input.StackName, ctx.region) : undefined;
      if (stack?.status === "REVIEW_IN_PROGRESS")
        invalid("GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.");
      const text = stack ? (stack.model?.text ?? "") : await templateText(world, ctx.region, input);
      const template = declaredTemplate(text);
      return {
        Parameters: Object.entries(template.parameters).map(([ParameterKey, declaration]) => ({
          ParameterKey,
          DefaultValue: declaration.default,
          ParameterType: declaration.type,
          NoEcho: declaration.noEcho,
          Description: declaration.description,
          ParameterConstraints: { AllowedValues: declaration.allowedValues },
        })),
        Description: template.description,
        ...neededCapabilities(template),
        ResourceTypes: Object.values(template.resources).map(({ type }) => type),
        Version: "2010-09-09",
        Metadata: template.metadata === undefined ? undefined : JSON.stringify(template.metadata),
        DeclaredTransforms: declaredTransforms(text),
      };
    })
    .on(GetTemplateCommand)((input, ctx) => {
    if (!input.ChangeSetName && !input.StackName) invalid("StackName is required if ChangeSetName is not specified.");
    if (input.ChangeSetName && !input.ChangeSetName.startsWith("arn:") && !input.StackName)
      invalid("StackName is a required parameter.");
    const model = input.ChangeSetName
      ? changeSetOf(store, input.ChangeSetName, input.StackName, ctx.region).changeSet.model
      : stackOf(store, input.StackName, ctx.region).model;
    return {
      TemplateBody: input.TemplateStage === "Processed" ? model?.processed : model?.text,
      StagesAvailable: ["Original", "Processed"],
    };
  });
}

/** Absent when there are none, as on AWS. */
function declaredTransforms(text: string): string[] | undefined {
  const transforms = transformsOf(parseTemplateText(text));
  return transforms.length ? transforms : undefined;
}

function neededCapabilities(template: Template) {
  const { capabilities, types } = capabilitiesOf(template);
  if (capabilities.length === 0) return {};
  return {
    Capabilities: capabilities,
    CapabilitiesReason: `The following resource(s) require capabilities: [${types.join(", ")}]`,
  };
}
