import {
  CreateInferenceComponentCommand,
  DeleteInferenceComponentCommand,
  DescribeInferenceComponentCommand,
  type InferenceComponentSpecification,
  type InferenceComponentSpecificationSummary,
  type InferenceComponentStatus,
  type InferenceComponentSummary,
  ListInferenceComponentsCommand,
  UpdateInferenceComponentCommand,
  UpdateInferenceComponentRuntimeConfigCommand,
} from "@aws-sdk/client-sagemaker";
import { ENDPOINT_DELETION_MS, INSTANCE_DRAIN_MS } from "../engine/instanceTypes.ts";
import { pageOf } from "../paging.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { type CallContext, WireError } from "../wire/types.ts";
import type { World } from "../world.ts";
import { loadBooster, resize, StartFailure, unitMetrics } from "./fleet.ts";
import { sortSummaries } from "./listing.ts";
import {
  alreadyExists,
  type ComponentRecord,
  couldNotFind,
  type EndpointRecord,
  endpointNamed,
  type RegionState,
  sagemakerArn,
} from "./state.ts";

/** Simulated start-up of a copy: the instance is there, the model is loaded onto it. */
const COPY_STARTUP_MS = 60_000;

/** Registers the operations of inference components: models that share the instances of a variant. */
export function registerInferenceComponents(
  service: ServiceBuilder,
  world: World,
  stateOf: (region: string) => RegionState,
): ServiceBuilder {
  const find = (ctx: CallContext, name: string): ComponentRecord => {
    const component = stateOf(ctx.region).components.get(name);
    if (!component)
      throw couldNotFind("inference-component", sagemakerArn(ctx.region, ctx.accountId, "inference-component", name));
    return component;
  };
  const assertIdle = ({ status, arn }: ComponentRecord): void => {
    if (status !== "InService" && status !== "Failed")
      throw new WireError("ValidationException", `Cannot update in-progress inference component "${arn}".`);
  };
  const begin = (component: ComponentRecord, status: InferenceComponentStatus): number => {
    component.status = status;
    component.modifiedMs = world.clock.now();
    component.generation += 1;
    return component.generation;
  };
  /** In the background; at time scale 0 within the call. */
  const after = async (simulatedMs: number, fn: () => Promise<void>): Promise<void> => {
    if (world.timeScale === 0) await fn();
    else world.clock.schedule(simulatedMs, () => void fn());
  };
  const startCopies = async (ctx: CallContext, component: ComponentRecord): Promise<void> => {
    const generation = begin(component, component.status === "Creating" ? "Creating" : "Updating");
    const grows = component.desiredCopies > component.instances.length;
    await after(grows ? COPY_STARTUP_MS : INSTANCE_DRAIN_MS, async () => {
      if (component.generation !== generation) return;
      try {
        component.booster ??= await loadModel(world, stateOf(ctx.region), component);
        resize(world, component, component.desiredCopies);
        component.failureReason = undefined;
        component.status = "InService";
      } catch (e) {
        component.failureReason = (e as Error).message;
        component.status = "Failed";
      }
      component.modifiedMs = world.clock.now();
    });
  };

  return service
    .on(CreateInferenceComponentCommand)(async (input, ctx) => {
      const state = stateOf(ctx.region);
      const name = input.InferenceComponentName ?? "";
      const arn = sagemakerArn(ctx.region, ctx.accountId, "inference-component", name);
      if (state.components.has(name)) throw alreadyExists("inference-component", arn);
      const endpoint = endpointNamed(state, input.EndpointName ?? "");
      if (!endpoint)
        throw couldNotFind("endpoint", sagemakerArn(ctx.region, ctx.accountId, "endpoint", input.EndpointName ?? ""));
      const specification = input.Specification ?? input.Specifications?.[0] ?? {};
      if (specification.ModelName && !state.models.has(specification.ModelName))
        throw couldNotFind("model", sagemakerArn(ctx.region, ctx.accountId, "model", specification.ModelName));
      const component = newComponent(world, endpoint, name, arn, input.VariantName, specification);
      component.desiredCopies = input.RuntimeConfig?.CopyCount ?? 1;
      state.components.set(name, component);
      if (input.Tags?.length) state.tags.set(arn, input.Tags);
      await startCopies(ctx, component);
      return { InferenceComponentArn: arn };
    })
    .on(DescribeInferenceComponentCommand)((input, ctx) => {
      const c = find(ctx, input.InferenceComponentName ?? "");
      return {
        InferenceComponentName: c.componentName,
        InferenceComponentArn: c.arn,
        EndpointName: c.endpointName,
        EndpointArn: sagemakerArn(ctx.region, ctx.accountId, "endpoint", c.endpointName),
        VariantName: c.name,
        FailureReason: c.failureReason,
        Specification: describeSpecification(c.specification),
        RuntimeConfig: { DesiredCopyCount: c.desiredCopies, CurrentCopyCount: c.instances.length },
        CreationTime: new Date(c.createdMs),
        LastModifiedTime: new Date(c.modifiedMs),
        InferenceComponentStatus: c.status,
      };
    })
    .on(ListInferenceComponentsCommand)((input, ctx) => {
      const records = [...stateOf(ctx.region).components.values()]
        .filter(
          (c) =>
            (!input.StatusEquals || c.status === input.StatusEquals) &&
            (!input.EndpointNameEquals || c.endpointName === input.EndpointNameEquals) &&
            (!input.VariantNameEquals || c.name === input.VariantNameEquals),
        )
        .map(
          (c): InferenceComponentSummary => ({
            InferenceComponentName: c.componentName,
            InferenceComponentArn: c.arn,
            EndpointName: c.endpointName,
            EndpointArn: sagemakerArn(ctx.region, ctx.accountId, "endpoint", c.endpointName),
            VariantName: c.name,
            InferenceComponentStatus: c.status,
            CreationTime: new Date(c.createdMs),
            LastModifiedTime: new Date(c.modifiedMs),
          }),
        );
      const sorted = sortSummaries(
        records,
        {
          name: (c) => c.InferenceComponentName ?? "",
          created: (c) => c.CreationTime,
          modified: (c) => c.LastModifiedTime,
          status: (c) => c.InferenceComponentStatus ?? "",
        },
        input,
      );
      const page = pageOf(sorted, input.MaxResults ?? 10, input.NextToken);
      return { InferenceComponents: page.items, NextToken: page.nextToken };
    })
    .on(UpdateInferenceComponentCommand)(async (input, ctx) => {
      const component = find(ctx, input.InferenceComponentName ?? "");
      assertIdle(component);
      const specification = input.Specification ?? input.Specifications?.[0];
      if (specification) {
        component.specification = { ...component.specification, ...specification };
        component.booster = undefined;
      }
      component.desiredCopies = input.RuntimeConfig?.CopyCount ?? component.desiredCopies;
      await startCopies(ctx, component);
      return { InferenceComponentArn: component.arn };
    })
    .on(UpdateInferenceComponentRuntimeConfigCommand)(async (input, ctx) => {
      const component = find(ctx, input.InferenceComponentName ?? "");
      assertIdle(component);
      component.desiredCopies = input.DesiredRuntimeConfig?.CopyCount ?? component.desiredCopies;
      await startCopies(ctx, component);
      return { InferenceComponentArn: component.arn };
    })
    .on(DeleteInferenceComponentCommand)(async (input, ctx) => {
    const component = find(ctx, input.InferenceComponentName ?? "");
    assertIdle(component);
    const state = stateOf(ctx.region);
    begin(component, "Deleting");
    await after(ENDPOINT_DELETION_MS, async () => {
      state.components.delete(component.componentName);
      state.tags.delete(component.arn);
    });
    return {};
  });
}

function newComponent(
  world: World,
  endpoint: EndpointRecord,
  componentName: string,
  arn: string,
  variantName: string | undefined,
  specification: InferenceComponentSpecification,
): ComponentRecord {
  const variant = variantName ? endpoint.variants.find((v) => v.name === variantName) : endpoint.variants[0];
  if (!variant)
    throw new WireError("ValidationException", `Variant ${variantName} not found for endpoint ${endpoint.name}.`);
  if (variant.config.ModelName)
    throw new WireError(
      "ValidationException",
      `Inference Components are not supported for the variant ${variant.name} of endpoint ${endpoint.name}: its configuration names a model.`,
    );
  const now = world.clock.now();
  return {
    name: variant.name,
    config: variant.config,
    componentName,
    arn,
    endpointName: endpoint.name,
    status: "Creating",
    specification,
    desiredCopies: 1,
    instances: [],
    inFlight: 0,
    metrics: unitMetrics({ InferenceComponentName: componentName }, "Copy"),
    createdMs: now,
    modifiedMs: now,
    generation: 0,
  };
}

/** The model of a component: of a SageMaker model, or of a container of its own. */
export async function loadModel(world: World, state: RegionState, { specification, name }: ComponentRecord) {
  const model = state.models.get(specification.ModelName ?? "");
  const container = model?.input.PrimaryContainer ??
    model?.input.Containers?.[0] ?? {
      Image: specification.Container?.Image,
      ModelDataUrl: specification.Container?.ArtifactUrl,
    };
  if (!container.Image) throw new StartFailure("The inference component names neither a model nor a container.", "");
  return loadBooster(world, state.region, name, container, model?.input.ExecutionRoleArn);
}

function describeSpecification({
  Container,
  ...rest
}: InferenceComponentSpecification): InferenceComponentSpecificationSummary {
  if (!Container) return rest;
  const { Image, ...container } = Container;
  return { ...rest, Container: { ...container, DeployedImage: { SpecifiedImage: Image, ResolvedImage: Image } } };
}
