import { randomUUID } from "node:crypto";
import path from "node:path";
import * as l10n from "@vscode/l10n";
import type { AwsClients } from "../aws/clients.ts";
import {
  cancelUpdate,
  createChangeSet,
  deleteChangeSet,
  deleteStack,
  describeStack,
  executeChangeSet,
  MAX_TEMPLATE_BODY,
} from "../aws/cloudformation.ts";
import { deletePrefix } from "../aws/s3.ts";
import { byWeight, type ChangeSetCost, changeSetCost, retypedVariants } from "../domain/changeSet.ts";
import { OpsError } from "../domain/errors.ts";
import { type DeploymentPreview, isStackFailed, isStackInProgress, type Stack } from "../domain/stack.ts";
import { recoveryOf } from "../domain/stackRecovery.ts";
import { TEARDOWN_PARAMETER } from "../domain/teardown.ts";
import type { Connections } from "./connections.ts";
import type { OnDeployEvent } from "./deployEvents.ts";
import { checkDeployment } from "./deploymentCheck.ts";
import { Predictor } from "./predictor.ts";
import { parametersOf, readArtifacts, upload, uploadTemplate } from "./projectArtifacts.ts";
import { assertExpectedAccount, type ProjectContext } from "./projects.ts";
import { readTemplate, refusedTemplate } from "./projectTemplate.ts";
import { ScalingPause } from "./scalingPause.ts";
import { failureOf, followStack, lastEventBefore, lastEventId } from "./stackEvents.ts";
import { awaitChangeSet, BOOTSTRAP_STACK, ensureBucket } from "./stackPreparation.ts";
import { continueStackRollback, type RemoveOptions, removeStack } from "./stackRemoval.ts";
import { sandboxApiUrl, sandboxObjectUrl, sandboxWebUrl, servedUrl } from "./stackUrls.ts";
import { assertCanTearDown, keptTeardown } from "./teardown.ts";
import { publishWeb } from "./webPublisher.ts";

/** A deployment that can be shown before it is asked for. */
export interface PreparedDeployment {
  project: ProjectContext;
  preview: DeploymentPreview;
  /** What the endpoints cost before and after; undefined when that stays as it is. */
  cost?: ChangeSetCost;
  /** Neither page nor API change, so that nothing is published or asked after it. */
  keepsContent?: boolean;
}

/** Deploys, describes and removes a project's stack, always through a change set. */
export class StackDeployer {
  private busy: string | undefined;

  constructor(
    private readonly connections: Connections,
    private readonly scalingPause = new ScalingPause(connections),
  ) {}

  /** The stack that is being worked on now. */
  get busyWith(): string | undefined {
    return this.busy;
  }

  describe(stackName: string): Promise<Stack | undefined> {
    return describeStack(this.connections.clients(), stackName);
  }

  /**
   * Bucket, artifacts and change set: everything that one can look at before anything of the project changes.
   * @throws OpsError conflict when the stack is busy or cannot be updated, badInput for the project's files
   */
  async prepare(
    project: ProjectContext,
    on: OnDeployEvent = () => {},
    signal?: AbortSignal,
  ): Promise<PreparedDeployment> {
    return this.exclusively(project.project.stackName, async () => {
      assertExpectedAccount(this.connections.required(), project);
      const clients = this.connections.clients();
      const { stackName } = project.project;
      const template = await readTemplate(project, project.project.template);
      const existing = await describeStack(clients, stackName);
      await this.assertDeployable(clients, existing);
      const artifacts = await readArtifacts(project);
      signal?.throwIfAborted();
      const bucket = await ensureBucket(clients, project, { pollMs: this.pollMs(), on, signal });
      for (const { artifact } of artifacts) await upload(clients, bucket, artifact, on, signal);
      const isNew = !existing || existing.status === "REVIEW_IN_PROGRESS";
      const parameters = {
        ...keptTeardown(existing, template, Date.now()),
        ...parametersOf(project, bucket, artifacts),
      };
      const changeSetName = `ops-${randomUUID()}`;
      on({ kind: "step", text: l10n.t("Computing the change set of stack {0}", stackName) });
      const large = Buffer.byteLength(template) > MAX_TEMPLATE_BODY;
      const templateUrl = large ? await uploadTemplate(clients, bucket, stackName, template, on) : undefined;
      await createChangeSet(clients, {
        stackName,
        changeSetName,
        isNew,
        parameters,
        ...(templateUrl ? { templateUrl } : { templateBody: template }),
      }).catch((e) => {
        throw refusedTemplate(e, path.resolve(project.folder, project.project.template));
      });
      const changes = await awaitChangeSet(clients, { stackName, changeSetName, isNew }, this.pollMs() / 3, signal);
      changes.sort(byWeight);
      return {
        project,
        preview: { stackName, changeSetName, isNew, changes },
        cost: changeSetCost(changes, clients.region),
      };
    });
  }

  /**
   * The change set that sets, moves or cancels the timer of a deployed stack; all else of it stays.
   * @param at in UTC, as the template takes it; empty for never
   * @throws OpsError notFound, conflict for a stack whose template knows no timer
   */
  async prepareTeardown(
    project: ProjectContext,
    at: string,
    on: OnDeployEvent = () => {},
    signal?: AbortSignal,
  ): Promise<PreparedDeployment> {
    const { stackName } = project.project;
    return this.exclusively(stackName, async () => {
      assertExpectedAccount(this.connections.required(), project);
      const clients = this.connections.clients();
      const existing = await describeStack(clients, stackName);
      if (!existing || existing.status === "REVIEW_IN_PROGRESS")
        throw new OpsError("notFound", l10n.t("There is no stack {0} in {1}.", stackName, clients.region), {
          hint: l10n.t("Deploy the project first."),
        });
      await this.assertDeployable(clients, existing);
      assertCanTearDown(existing);
      const changeSetName = `ops-${randomUUID()}`;
      on({ kind: "step", text: l10n.t("Computing the change set of stack {0}", stackName) });
      await createChangeSet(clients, {
        stackName,
        changeSetName,
        isNew: false,
        parameters: { [TEARDOWN_PARAMETER]: at },
        keptParameters: Object.keys(existing.parameters ?? {}).filter((name) => name !== TEARDOWN_PARAMETER),
      });
      const changes = await awaitChangeSet(
        clients,
        { stackName, changeSetName, isNew: false },
        this.pollMs() / 3,
        signal,
      );
      changes.sort(byWeight);
      return { project, preview: { stackName, changeSetName, isNew: false, changes }, keepsContent: true };
    });
  }

  /** Forgets a change set that was not wanted; a stack that exists only for it goes too. */
  async discard({ preview }: PreparedDeployment): Promise<void> {
    const clients = this.connections.clients();
    await deleteChangeSet(clients, preview.stackName, preview.changeSetName);
    if (preview.isNew) await deleteStack(clients, preview.stackName);
  }

  /**
   * Executes the change set, then publishes the web page. When the signal fires, the stack is rolled back.
   * @throws OpsError deploymentFailed that names the first failed resource; cancelled
   */
  async execute(prepared: PreparedDeployment, on: OnDeployEvent = () => {}, signal?: AbortSignal): Promise<Stack> {
    return this.exclusively(prepared.preview.stackName, async () => {
      const clients = this.connections.clients();
      const { stackName, changeSetName, isNew, changes } = prepared.preview;
      let stack = await describeStack(clients, stackName);
      if (changes.length || isNew) {
        on({
          kind: "step",
          text: l10n.t("Executing the change set of stack {0}: {1} changes", stackName, changes.length),
        });
        const afterEventId = stack && (await lastEventId(clients, stack.id));
        const endpointName = stack?.outputs.EndpointName;
        const retyped = endpointName === undefined ? [] : retypedVariants(changes);
        for (const variant of retyped) {
          on({
            kind: "step",
            text: l10n.t(
              "Taking {0}, variant {1}, out of scaling while its instances change",
              endpointName ?? "",
              variant ?? "",
            ),
          });
          await this.scalingPause.pause(endpointName ?? "", variant);
        }
        stack = await executeChangeSet(clients, stackName, changeSetName)
          .then(() => this.follow(clients, { name: stackName, id: stack?.id, isNew, afterEventId }, on, signal))
          .finally(() => (retyped.length > 0 ? this.scalingPause.restore(endpointName ?? "") : undefined));
      } else on({ kind: "step", text: l10n.t("Stack {0} is up to date", stackName) });
      if (!stack) throw new OpsError("notFound", l10n.t("Stack {0} has gone meanwhile.", stackName));
      if (!prepared.keepsContent) await this.publish(clients, prepared.project, stack, on, signal);
      return stack;
    });
  }

  /**
   * Takes up a deployment that another process has executed, as this one before its window was reloaded: follows the
   * stack to its end, then publishes the web page. When the signal fires, the stack is rolled back.
   * @throws OpsError as `execute`
   */
  async resume(
    project: ProjectContext,
    isNew: boolean,
    on: OnDeployEvent = () => {},
    signal?: AbortSignal,
  ): Promise<Stack> {
    const { stackName: name } = project.project;
    return this.exclusively(name, async () => {
      assertExpectedAccount(this.connections.required(), project);
      const clients = this.connections.clients();
      on({ kind: "step", text: l10n.t("Following stack {0} again", name) });
      const afterEventId = await lastEventBefore(clients, name);
      const paused = await this.scalingPause.list();
      const stack = await this.follow(clients, { name, isNew, afterEventId }, on, signal).finally(() =>
        Promise.all(paused.map((endpointName) => this.scalingPause.restore(endpointName))),
      );
      await this.publish(clients, project, stack, on, signal);
      return stack;
    });
  }

  /** @throws OpsError deploymentFailed, cancelled */
  private async follow(
    clients: AwsClients,
    { name, id, isNew, afterEventId }: { name: string; id?: string; isNew: boolean; afterEventId?: string },
    on: OnDeployEvent,
    signal: AbortSignal | undefined,
  ): Promise<Stack> {
    const followed = await followStack(clients, id ?? name, {
      pollMs: this.pollMs(),
      afterEventId,
      signal,
      onEvent: (event) => on({ kind: "stack", event }),
      onAbort: () => (isNew ? deleteStack(clients, name) : cancelUpdate(clients, name)),
    });
    if (followed.aborted)
      throw new OpsError("cancelled", l10n.t("The deployment of stack {0} was cancelled and rolled back.", name));
    if (!followed.stack || isStackFailed(followed.stack.status)) throw failureOf(name, followed);
    return followed.stack;
  }

  private async publish(
    clients: AwsClients,
    project: ProjectContext,
    stack: Stack,
    on: OnDeployEvent,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const served = {
      apiUrl: this.apiUrl(stack),
      webUrl: this.webUrl(stack),
      staticPageUrl: this.staticPageUrl(stack),
    };
    const options = { pollMs: this.pollMs() / 3, on, signal };
    const page = await publishWeb(clients, project, stack, { apiUrl: served.apiUrl, ...options });
    await checkDeployment(project, stack, served, page, new Predictor(this.connections), options);
  }

  /**
   * Deletes the stack and the artifacts that were uploaded for it.
   * @throws OpsError deploymentFailed when CloudFormation could not delete something
   */
  async remove(
    project: ProjectContext,
    on: OnDeployEvent = () => {},
    signal?: AbortSignal,
    options: RemoveOptions = {},
  ): Promise<void> {
    const { stackName } = project.project;
    return this.exclusively(stackName, async () => {
      assertExpectedAccount(this.connections.required(), project);
      const clients = this.connections.clients();
      await removeStack(clients, stackName, { pollMs: this.pollMs(), on, signal }, options);
      const bucket = (await describeStack(clients, BOOTSTRAP_STACK))?.outputs.BucketName;
      if (!bucket) return;
      const count = await deletePrefix(clients, bucket, `${stackName}/`);
      on({
        kind: "step",
        text: l10n.t("Deleted {0} artifacts from {1}; the bucket stays for other projects", count, bucket),
      });
    });
  }

  /**
   * Finishes the rollback of an update that got stuck.
   * @param skip logical ids of resources that are left as they are
   * @throws OpsError conflict when the stack is in another state, deploymentFailed when it fails again
   */
  async continueRollback(
    project: ProjectContext,
    skip: readonly string[],
    on: OnDeployEvent = () => {},
    signal?: AbortSignal,
  ): Promise<Stack> {
    const { stackName } = project.project;
    return this.exclusively(stackName, async () => {
      assertExpectedAccount(this.connections.required(), project);
      const clients = this.connections.clients();
      return continueStackRollback(clients, stackName, { pollMs: this.pollMs(), on, signal }, skip);
    });
  }

  /** URL of the prediction API; in the sandbox the address that it is served at. */
  apiUrl({ outputs }: Stack): string | undefined {
    return servedUrl(outputs.ApiUrl, this.connections.current, sandboxApiUrl);
  }

  /** URL of the web page; in the sandbox the address that it is served at. */
  webUrl({ outputs }: Stack): string | undefined {
    return servedUrl(outputs.WebUrl, this.connections.current, sandboxWebUrl);
  }

  /** URL of the web page in S3, where there is one; in the sandbox the address that it is served at. */
  staticPageUrl({ outputs }: Stack): string | undefined {
    return servedUrl(outputs.StaticPageUrl, this.connections.current, sandboxObjectUrl);
  }

  /** Two deployments at once would fight over the stack. */
  private async exclusively<T>(stackName: string, work: () => Promise<T>): Promise<T> {
    if (this.busy)
      throw new OpsError("conflict", l10n.t("Stack {0} is being worked on.", this.busy), {
        hint: l10n.t("Wait until that has finished, or cancel it."),
      });
    this.busy = stackName;
    try {
      return await work();
    } catch (e) {
      if (e instanceof Error && e.name === "AbortError")
        throw new OpsError("cancelled", l10n.t("The deployment of stack {0} was cancelled.", stackName));
      throw e;
    } finally {
      this.busy = undefined;
    }
  }

  private async assertDeployable(clients: AwsClients, stack: Stack | undefined): Promise<void> {
    if (!stack || stack.status === "REVIEW_IN_PROGRESS") return;
    if (isStackInProgress(stack.status))
      throw new OpsError("conflict", l10n.t("Stack {0} is {1} in {2}.", stack.name, stack.status, clients.region), {
        hint: l10n.t("Wait until CloudFormation has finished."),
      });
    const recovery = recoveryOf(stack);
    if (!recovery) return;
    throw new OpsError("conflict", recovery.sentence, {
      hint:
        recovery.action === "delete"
          ? l10n.t("Delete the stack, then deploy again.")
          : l10n.t("Continue its rollback, then deploy again."),
    });
  }

  private pollMs(): number {
    return this.connections.current?.kind === "sandbox" ? 300 : 3_000;
  }
}
