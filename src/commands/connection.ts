import { commands, l10n, type QuickPickItem, window } from "vscode";
import { viewIds } from "../contributions.ts";
import type { Connection } from "../domain/connection.ts";
import { OpsError, toOpsError } from "../domain/errors.ts";
import { type Connections, listProfiles } from "../services/connections.ts";
import { givenSandbox, resetSandbox, type SandboxInfo, type SandboxProcess } from "../services/sandboxProcess.ts";
import { confirmWithFacts, pickOne } from "../ui/prompts.ts";
import { readSetting } from "../ui/settings.ts";
import { showSsoSignIn } from "../ui/signIn.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import { mayInterrupt, type OngoingWork, stopRun } from "./interruption.ts";
import { commandStep, settingStep, withRepeat, withSteps } from "./nextSteps.ts";
import type { CommandTable } from "./register.ts";
import { openTerminal } from "./terminal.ts";

/** Regions that SageMaker hosting is most used in; any other can be typed. */
const COMMON_REGIONS = [
  "us-east-1",
  "us-east-2",
  "us-west-2",
  "eu-central-1",
  "eu-west-1",
  "eu-west-2",
  "ap-northeast-1",
  "ap-south-1",
  "ap-southeast-1",
  "ap-southeast-2",
  "ca-central-1",
  "sa-east-1",
];

/** A sandbox that is alive answers at once. */
const ANSWER_MS = 2_000;

type Place = { kind: "sandbox" } | { kind: "chain" } | { kind: "profile"; name: string; region?: string };

/** Commands that choose where one works. */
export function connectionCommands(
  connections: Connections,
  sandbox: SandboxProcess,
  work: OngoingWork,
  project: WorkspaceProject,
): Pick<
  CommandTable,
  | "sagemakerOps.connection.connect"
  | "sagemakerOps.connection.signInAgain"
  | "sagemakerOps.sandbox.start"
  | "sagemakerOps.sandbox.stop"
  | "sagemakerOps.sandbox.reset"
  | "sagemakerOps.connection.openTerminal"
> {
  const startSandbox = async () => {
    const { current } = connections;
    const isBusy = work.loadTests.isRunning || work.deployer.busyWith !== undefined;
    const given = await answering(givenSandbox());
    const info = given ?? (await launch(sandbox));
    // Already there: a second connection to the same would only interrupt what runs.
    if (isBusy && current?.kind === "sandbox" && current.endpointUrl === info.endpoint) return;
    if (await mayInterrupt(work, l10n.t("Switch to the sandbox")))
      await connections.connect({
        kind: "sandbox",
        // The sandbox has all regions; a project that names its own is refused elsewhere.
        sandbox: { ...info, region: project.project?.project.region ?? info.region },
      });
  };
  return {
    "sagemakerOps.sandbox.start": startSandbox,
    "sagemakerOps.sandbox.stop": async () => {
      if (!(await mayInterrupt(work, l10n.t("Stop the sandbox"), l10n.t("It ends with the sandbox")))) return;
      await stopRun(work.loadTests);
      await sandbox.stop();
    },
    "sagemakerOps.sandbox.reset": () => reset(sandbox, work),
    "sagemakerOps.connection.openTerminal": () => openTerminal(connections, sandbox),
    "sagemakerOps.connection.connect": async () => {
      const pinned = project.project?.project;
      const place = await pickPlace(pinned?.profile);
      if (!place) return;
      if (place.kind === "sandbox") return startSandbox();
      const profile = place.kind === "profile" ? place : undefined;
      const region = await pickRegion(
        pinned?.region || readSetting("sagemakerOps.connection.region") || profile?.region,
      );
      if (!region || !(await mayInterrupt(work, l10n.t("Connect to {0}", profile?.name ?? l10n.t("another account")))))
        return;
      await connectToAws(connections, profile?.name, region);
    },
    "sagemakerOps.connection.signInAgain": async () => {
      const way = await waySignInAgain(connections);
      if (way) return way.run();
      const { lastProfile } = connections;
      const none = new OpsError(
        "badInput",
        lastProfile === undefined
          ? l10n.t("No profile is in use that signs in with IAM Identity Center.")
          : l10n.t('Profile "{0}" does not sign in with IAM Identity Center.', lastProfile),
        {
          hint: l10n.t(
            "Renew its credentials where they come from: what the shared AWS files say is taken up by itself.",
          ),
        },
      );
      throw withSteps(none, commandStep(l10n.t("Connect…"), "sagemakerOps.connection.connect"));
    },
  };
}

/** The way to a new session where the profile in use, or the one that was last asked for, has one. */
export async function waySignInAgain(connections: Connections): Promise<{ run(): Promise<void> } | undefined> {
  const profile = connections.lastProfile;
  if (profile === undefined || !(await connections.ssoSettings(profile))) return undefined;
  return {
    run: () => showSsoSignIn(profile, (show, signal) => connections.signInAgain(profile, show, signal)),
  };
}

/** Signing in may take long behind a VPN or a proxy: the view shows that something happens. */
async function connectToAws(connections: Connections, profile: string | undefined, region: string): Promise<void> {
  const title = l10n.t("Connecting to {0}", profile ?? "AWS");
  try {
    await window.withProgress({ location: { viewId: viewIds.endpoints }, title }, () =>
      connections.connect({ kind: "aws", profile, region }),
    );
  } catch (error) {
    const failure = toOpsError(error);
    if (failure.code === "credentials") throw withRepeat(failure, () => connectToAws(connections, profile, region));
    if (failure.code !== "badInput") throw failure;
    throw withSteps(failure, commandStep(l10n.t("Connect…"), "sagemakerOps.connection.connect"));
  }
}

/** The same while it answers: one that has ended meanwhile must not stand in the way of a new one. */
async function answering(given: SandboxInfo | undefined): Promise<SandboxInfo | undefined> {
  if (!given) return undefined;
  const signal = AbortSignal.timeout(ANSWER_MS);
  return fetch(given.endpoint, { signal }).then(
    () => given,
    () => undefined,
  );
}

/** What is asked for needs a sandbox, and none is started for it. */
export function noSandboxRuns(): OpsError {
  const none = new OpsError("notConnected", l10n.t("No sandbox runs."), { hint: l10n.t("Start it first.") });
  return withSteps(none, commandStep(l10n.t("Start Sandbox"), "sagemakerOps.sandbox.start"));
}

async function reset(sandbox: SandboxProcess, work: OngoingWork): Promise<void> {
  const info = sandbox.info ?? (await answering(givenSandbox()));
  if (!info) throw noSandboxRuns();
  if (!(await mayInterrupt(work, l10n.t("Reset the sandbox"), l10n.t("It ends with the reset")))) return;
  const isAgreed = await confirmWithFacts({
    title: l10n.t("Reset the sandbox"),
    placeholder: l10n.t("Pick the first row to delete everything in it, Escape to keep it"),
    confirm: { label: `$(trash) ${l10n.t("Delete everything in the sandbox")}` },
    sections: [
      {
        name: l10n.t("what it means"),
        rows: [
          { label: l10n.t("Deleted"), description: l10n.t("stacks, endpoints, models, buckets, metrics and logs") },
          { label: l10n.t("Kept"), description: l10n.t("the project's files and the runs that were measured") },
        ],
      },
    ],
  });
  if (!isAgreed) return;
  await stopRun(work.loadTests);
  await resetSandbox(info);
  await commands.executeCommand("sagemakerOps.explorer.refresh");
}

function launch(sandbox: SandboxProcess): Promise<SandboxInfo> {
  const port = readSetting("sagemakerOps.sandbox.port");
  const timeScale = readSetting("sagemakerOps.sandbox.timeScale");
  const title = l10n.t("Starting the sandbox");
  return Promise.resolve(
    window.withProgress({ location: { viewId: viewIds.endpoints }, title }, () => sandbox.start({ port, timeScale })),
  ).catch((error: unknown) => {
    const failure = toOpsError(error);
    if (failure.code !== "badInput") throw failure;
    throw withSteps(failure, settingStep(l10n.t("Change the Port"), "sagemakerOps.sandbox.port"));
  });
}

/** Asks where to connect to. @param pinned profile that the project names: it goes before the one of the settings */
export async function pickPlace(pinned: string | undefined): Promise<Place | undefined> {
  const profiles = await listProfiles();
  const preferred = pinned ?? readSetting("sagemakerOps.connection.profile");
  const why = pinned === undefined ? l10n.t("from the settings") : l10n.t("of this project");
  const sorted = [...profiles].sort((a, b) => Number(b.name === preferred) - Number(a.name === preferred));
  return pickOne<Place>(
    l10n.t("Connect to"),
    [
      {
        label: `$(beaker) ${l10n.t("Sandbox")}`,
        description: l10n.t("no account needed"),
        detail: l10n.t("A local AWS with simulated instances, on this machine only"),
        value: { kind: "sandbox" },
      },
      ...sorted.map(({ name, region }) => ({
        label: `$(account) ${name}`,
        description: [region, name === preferred && why].filter(Boolean).join(" · "),
        value: { kind: "profile" as const, name, region },
      })),
      {
        label: `$(key) ${l10n.t("Default credentials")}`,
        description: l10n.t("environment, shared files, SSO or instance role"),
        value: { kind: "chain" },
      },
    ],
    l10n.t("Sandbox, a profile of the shared AWS configuration, or the default credentials"),
  );
}

/** A region of the list or one that was typed. */
export function pickRegion(first: string | undefined): Promise<string | undefined> {
  const picker = window.createQuickPick();
  picker.title = l10n.t("Region");
  picker.placeholder = l10n.t("Pick a region or type its name");
  // A page that finishes loading takes the focus, which must not take the question away.
  picker.ignoreFocusOut = true;
  const regions = [...new Set([first, process.env.AWS_REGION, ...COMMON_REGIONS])].filter((r) => r !== undefined);
  const items = regions.map(
    (label): QuickPickItem => ({ label, description: label === first ? l10n.t("default") : undefined }),
  );
  picker.items = items;
  picker.onDidChangeValue((text) => {
    const typed = text.trim();
    picker.items =
      typed && !regions.includes(typed) ? [...items, { label: typed, description: l10n.t("as typed") }] : items;
  });
  return new Promise((resolve) => {
    let answer: string | undefined;
    picker.onDidAccept(() => {
      answer = picker.selectedItems[0]?.label;
      picker.hide();
    });
    picker.onDidHide(() => {
      picker.dispose();
      resolve(answer);
    });
    picker.show();
  });
}

/** The connection, or the error that offers the ways to one. @throws OpsError notConnected */
export function requireConnection({ current }: Connections): Connection {
  if (current) return current;
  throw new OpsError("notConnected", l10n.t("Not connected to AWS or the sandbox."), {
    hint: l10n.t("Start the sandbox (no account needed), or connect to AWS."),
  });
}
