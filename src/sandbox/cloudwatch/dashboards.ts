import {
  DashboardInvalidInputError,
  DashboardNotFoundError,
  DeleteDashboardsCommand,
  GetDashboardCommand,
  InvalidParameterValueException,
  ListDashboardsCommand,
  PutDashboardCommand,
} from "@aws-sdk/client-cloudwatch";
import { pageOf } from "../paging.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import type { CallContext } from "../wire/types.ts";
import type { World } from "../world.ts";

/** A dashboard as it was put. */
export interface Dashboard {
  name: string;
  arn: string;
  body: string;
  modifiedMs: number;
}

const META = { $metadata: {} };
const LIST_PAGE = 1000;

/** Registers the dashboards: stored and given back, never drawn. */
export function registerDashboards(
  service: ServiceBuilder,
  world: World,
  regions: Map<string, Map<string, Dashboard>>,
): ServiceBuilder {
  const dashboardsOf = ({ region }: CallContext): Map<string, Dashboard> => {
    let dashboards = regions.get(region);
    if (!dashboards) {
      dashboards = new Map();
      regions.set(region, dashboards);
    }
    return dashboards;
  };
  const find = (ctx: CallContext, name: string): Dashboard => {
    const dashboard = dashboardsOf(ctx).get(name);
    if (!dashboard) throw new DashboardNotFoundError({ ...META, message: `Dashboard ${name} does not exist` });
    return dashboard;
  };

  return service
    .on(PutDashboardCommand)((input, ctx) => {
      const name = input.DashboardName ?? "";
      if (!/^[A-Za-z0-9_-]{1,255}$/.test(name))
        throw new InvalidParameterValueException({
          ...META,
          // The end of the line is CloudWatch's.
          message:
            "The value for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) and underscore (_).\n",
        });
      try {
        JSON.parse(input.DashboardBody ?? "");
      } catch {
        throw new DashboardInvalidInputError({
          ...META,
          message: "The field DashboardBody must be a valid JSON object",
        });
      }
      const arn = `arn:aws:cloudwatch::${ctx.accountId}:dashboard/${name}`;
      dashboardsOf(ctx).set(name, { name, arn, body: input.DashboardBody ?? "", modifiedMs: world.clock.now() });
      return { DashboardValidationMessages: [] };
    })
    .on(GetDashboardCommand)((input, ctx) => {
      const { name, arn, body } = find(ctx, input.DashboardName ?? "");
      return { DashboardArn: arn, DashboardBody: body, DashboardName: name };
    })
    .on(ListDashboardsCommand)((input, ctx) => {
      const found = [...dashboardsOf(ctx).values()]
        .filter((d) => d.name.startsWith(input.DashboardNamePrefix ?? ""))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map((d) => ({
          DashboardName: d.name,
          DashboardArn: d.arn,
          LastModified: new Date(d.modifiedMs),
          Size: Buffer.byteLength(d.body),
        }));
      const page = pageOf(found, LIST_PAGE, input.NextToken);
      return { DashboardEntries: page.items, NextToken: page.nextToken };
    })
    .on(DeleteDashboardsCommand)((input, ctx) => {
    const names = input.DashboardNames ?? [];
    for (const name of names) find(ctx, name);
    for (const name of names) dashboardsOf(ctx).delete(name);
    return {};
  });
}
