import { AddTagsCommand, DeleteTagsCommand, ListTagsCommand } from "@aws-sdk/client-sagemaker";
import { pageOf } from "../paging.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { type CallContext, WireError } from "../wire/types.ts";
import type { RegionState } from "./state.ts";

/** Registers AddTags, ListTags and DeleteTags for models, endpoint configurations and endpoints. */
export function registerTags(service: ServiceBuilder, stateOf: (region: string) => RegionState): ServiceBuilder {
  const stateWith = (ctx: CallContext, arn: string): RegionState => {
    const state = stateOf(ctx.region);
    const all = [
      ...state.models.values(),
      ...state.configs.values(),
      ...state.endpoints.values(),
      ...state.components.values(),
      ...state.trainings.values(),
      ...state.domains.values(),
      ...[...state.domains.values()].flatMap(({ profiles }) => [...profiles.values()]),
    ];
    if (!all.some((r) => r.arn === arn.toLowerCase() || r.arn === arn))
      throw new WireError("ValidationException", `Could not find resource "${arn}".`);
    return state;
  };
  return service
    .on(AddTagsCommand)((input, ctx) => {
      const arn = input.ResourceArn ?? "";
      const state = stateWith(ctx, arn);
      const byKey = new Map((state.tags.get(arn) ?? []).map((t) => [t.Key, t]));
      for (const tag of input.Tags ?? []) byKey.set(tag.Key, tag);
      if (byKey.size > 50)
        throw new WireError("ValidationException", `The number of tags on resource ${arn} exceeds 50.`);
      state.tags.set(arn, [...byKey.values()]);
      return { Tags: [...byKey.values()] };
    })
    .on(ListTagsCommand)((input, ctx) => {
      const arn = input.ResourceArn ?? "";
      const page = pageOf(stateWith(ctx, arn).tags.get(arn) ?? [], input.MaxResults ?? 50, input.NextToken);
      return { Tags: page.items, NextToken: page.nextToken };
    })
    .on(DeleteTagsCommand)((input, ctx) => {
    const arn = input.ResourceArn ?? "";
    const state = stateWith(ctx, arn);
    const gone = new Set(input.TagKeys);
    state.tags.set(
      arn,
      (state.tags.get(arn) ?? []).filter((t) => !gone.has(t.Key ?? "")),
    );
    return {};
  });
}
