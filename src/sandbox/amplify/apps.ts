import {
  type App,
  type Branch,
  CreateAppCommand,
  type CreateAppCommandInput,
  CreateBranchCommand,
  type CreateBranchCommandInput,
  DeleteAppCommand,
  DeleteBranchCommand,
  GetAppCommand,
  GetBranchCommand,
  ListAppsCommand,
  ListBackendEnvironmentsCommand,
  ListBranchesCommand,
  ListDomainAssociationsCommand,
  ListTagsForResourceCommand,
  ListWebhooksCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAppCommand,
  type UpdateAppCommandInput,
  UpdateBranchCommand,
  type UpdateBranchCommandInput,
} from "@aws-sdk/client-amplify";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import type { World } from "../world.ts";
import { type AppStore, appId, badRequest, type HostedApp, type HostedBranch, notFound, pageOf } from "./appStore.ts";

/** Apps, branches and their tags. */
export function addAppOperations(service: ServiceBuilder, world: World, store: AppStore): void {
  const now = () => new Date(world.clock.now());

  service
    .on(CreateAppCommand)((input, ctx) => {
      if (input.repository)
        throw badRequest(
          "This sandbox hosts manually deployed apps; it connects to no repository. Leave repository out.",
        );
      const id = appId();
      const description: App = {
        appId: id,
        appArn: `arn:aws:amplify:${ctx.region}:${world.accountId}:apps/${id}`,
        name: input.name!,
        description: input.description ?? "",
        repository: "",
        platform: input.platform ?? "WEB",
        createTime: now(),
        updateTime: now(),
        environmentVariables: {},
        defaultDomain: `${id}.amplifyapp.com`,
        enableBranchAutoBuild: false,
        enableBasicAuth: false,
        ...settingsOf(input),
      };
      const tags = input.tags ?? {};
      const app: HostedApp = { region: ctx.region, description, tags, branches: new Map() };
      store.apps.set(id, app);
      return { app: describeApp(app) };
    })
    .on(GetAppCommand)((input, ctx) => ({ app: describeApp(store.app(input.appId, ctx.region)) }))
    .on(ListAppsCommand)((input, ctx) => {
      const apps = [...store.apps.values()].filter((app) => app.region === ctx.region);
      const { page, nextToken } = pageOf(apps, input.maxResults, input.nextToken);
      return { apps: page.map(describeApp), nextToken };
    })
    .on(UpdateAppCommand)((input, ctx) => {
      const app = store.app(input.appId, ctx.region);
      const { name, description, platform } = input;
      Object.assign(app.description, defined({ name, description, platform }), settingsOf(input), {
        updateTime: now(),
      });
      return { app: describeApp(app) };
    })
    .on(DeleteAppCommand)((input, ctx) => {
      const app = store.app(input.appId, ctx.region);
      for (const branch of app.branches.values()) cancelJobs(branch);
      store.apps.delete(app.description.appId!);
      return { app: describeApp(app) };
    })
    .on(CreateBranchCommand)((input, ctx) => {
      const app = store.app(input.appId, ctx.region);
      const name = input.branchName!;
      if (app.branches.has(name)) throw badRequest(`Branch ${name} already exists for app ${input.appId}.`);
      const description: Branch = {
        branchArn: `${app.description.appArn}/branches/${encodeURIComponent(name)}`,
        branchName: name,
        description: input.description ?? "",
        stage: input.stage,
        displayName: input.displayName ?? displayName(name),
        enableNotification: input.enableNotification ?? false,
        createTime: now(),
        updateTime: now(),
        environmentVariables: {},
        enableAutoBuild: input.enableAutoBuild ?? true,
        customDomains: [],
        framework: input.framework ?? "",
        activeJobId: "0000000000",
        totalNumberOfJobs: "0",
        enableBasicAuth: false,
        ttl: input.ttl ?? "5",
        enablePullRequestPreview: input.enablePullRequestPreview ?? false,
        ...branchSettingsOf(input),
      };
      const branch: HostedBranch = { description, tags: input.tags ?? {}, jobs: new Map(), lastJobId: 0 };
      app.branches.set(name, branch);
      return { branch: describeBranch(branch) };
    })
    .on(GetBranchCommand)((input, ctx) => ({
      branch: describeBranch(store.branch(input.appId, input.branchName, ctx.region)),
    }))
    .on(ListBranchesCommand)((input, ctx) => {
      const { page, nextToken } = pageOf(
        [...store.app(input.appId, ctx.region).branches.values()],
        input.maxResults,
        input.nextToken,
      );
      return { branches: page.map(describeBranch), nextToken };
    })
    .on(UpdateBranchCommand)((input, ctx) => {
      const branch = store.branch(input.appId, input.branchName, ctx.region);
      const {
        description,
        stage,
        displayName: shown,
        enableNotification,
        enableAutoBuild,
        framework,
        ttl,
        enablePullRequestPreview,
      } = input;
      Object.assign(
        branch.description,
        defined({
          description,
          stage,
          displayName: shown,
          enableNotification,
          enableAutoBuild,
          framework,
          ttl,
          enablePullRequestPreview,
        }),
        branchSettingsOf(input),
        { updateTime: now() },
      );
      return { branch: describeBranch(branch) };
    })
    .on(DeleteBranchCommand)((input, ctx) => {
      const branch = store.branch(input.appId, input.branchName, ctx.region);
      cancelJobs(branch);
      store.app(input.appId, ctx.region).branches.delete(input.branchName!);
      return { branch: describeBranch(branch) };
    })
    .on(ListDomainAssociationsCommand)((input, ctx) => {
      store.app(input.appId, ctx.region);
      return { domainAssociations: [] };
    })
    .on(ListWebhooksCommand)((input, ctx) => {
      store.app(input.appId, ctx.region);
      return { webhooks: [] };
    })
    .on(ListBackendEnvironmentsCommand)((input, ctx) => {
      store.app(input.appId, ctx.region);
      return { backendEnvironments: [] };
    })
    .on(TagResourceCommand)((input, ctx) => {
      Object.assign(tagsOf(store, input.resourceArn!, ctx.region), input.tags);
      return {};
    })
    .on(UntagResourceCommand)((input, ctx) => {
      const tags = tagsOf(store, input.resourceArn!, ctx.region);
      for (const key of input.tagKeys ?? []) delete tags[key];
      return {};
    })
    .on(ListTagsForResourceCommand)((input, ctx) => ({ tags: tagsOf(store, input.resourceArn!, ctx.region) }));
}

/** What a branch is called in its host name. */
export function displayName(branchName: string): string {
  return branchName
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}

function cancelJobs(branch: HostedBranch): void {
  for (const job of branch.jobs.values()) job.cancel?.();
}

/** Without the members that are undefined, so that they change nothing. */
function defined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function settingsOf(input: CreateAppCommandInput | UpdateAppCommandInput): Partial<App> {
  const {
    environmentVariables,
    enableBranchAutoBuild,
    enableBranchAutoDeletion,
    customRules,
    buildSpec,
    customHeaders,
    iamServiceRoleArn,
    cacheConfig,
  } = input;
  if (input.enableBasicAuth) throw badRequest("This sandbox serves apps without basic authentication only.");
  return defined({
    environmentVariables,
    enableBranchAutoBuild,
    enableBranchAutoDeletion,
    customRules,
    buildSpec,
    customHeaders,
    iamServiceRoleArn,
    cacheConfig,
  });
}

function branchSettingsOf(input: CreateBranchCommandInput | UpdateBranchCommandInput): Partial<Branch> {
  if (input.enableBasicAuth) throw badRequest("This sandbox serves branches without basic authentication only.");
  const { environmentVariables, buildSpec } = input;
  return defined({ environmentVariables, buildSpec });
}

function describeApp(app: HostedApp): App {
  return { ...app.description, tags: Object.keys(app.tags).length ? app.tags : undefined };
}

function describeBranch(branch: HostedBranch): Branch {
  return { ...branch.description, tags: Object.keys(branch.tags).length ? branch.tags : undefined };
}

function tagsOf(store: AppStore, arn: string, region: string): Record<string, string> {
  const [, app, branch] = /^arn:aws[\w-]*:amplify:[^:]+:\d{12}:apps\/([^/]+)(?:\/branches\/(.+))?$/.exec(arn) ?? [];
  if (!app) throw notFound(`Resource ${arn} not found.`);
  return branch === undefined
    ? store.app(app, region).tags
    : store.branch(app, decodeURIComponent(branch), region).tags;
}
