import { type Disposable, type Memento, RelativePattern, type Uri, workspace } from "vscode";
import { type OpsError, toOpsError } from "../domain/errors.ts";
import { environmentNames } from "../domain/project.ts";
import { isStackInProgress, type Stack } from "../domain/stack.ts";
import type { Connections } from "../services/connections.ts";
import { Emitter } from "../services/emitter.ts";
import { PROJECT_FILE } from "../services/projectFile.ts";
import { loadProject, type ProjectContext } from "../services/projects.ts";
import type { StackDeployer } from "../services/stackDeployer.ts";

const SANDBOX_POLL_MS = 700;
const AWS_POLL_MS = 5_000;
/** Key in the workspace's memory: project files with the environment that was picked. */
const ENVIRONMENTS = "sagemakerOps.environments";

/** What became of the last deployment, when it did not go well. */
export interface DeploymentOutcome {
  kind: "cancelled" | "failed";
  text: string;
  atMs: number;
}

/** The project of the open workspace and its stack on the current connection. */
export class WorkspaceProject implements Disposable {
  /** Something of project or stack changed. */
  readonly onDidChange = new Emitter<void>();
  project: ProjectContext | undefined;
  /** Why the project file, or the stack, could not be read. */
  projectError: OpsError | undefined;
  stack: Stack | undefined;
  stackError: OpsError | undefined;
  /** The stack has been looked up on this connection. */
  stackKnown = false;
  /** Until the next deployment or connection. */
  outcome: DeploymentOutcome | undefined;

  private readonly disposables: Disposable[] = [];
  private timer: NodeJS.Timeout | undefined;
  private visible = false;
  private lookups = 0;

  constructor(
    private readonly connections: Connections,
    private readonly deployer: StackDeployer,
    private readonly memory: Memento,
  ) {
    const forget = connections.onDidChange.on(() => {
      this.stack = undefined;
      this.stackError = undefined;
      this.stackKnown = false;
      this.outcome = undefined;
      void this.refreshStack();
    });
    this.disposables.push({ dispose: forget });
  }

  /** Project files at the roots of the workspace's folders. */
  async files(): Promise<string[]> {
    const folders = (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === "file");
    const found = await Promise.all(
      folders.map((folder) => workspace.findFiles(new RelativePattern(folder, PROJECT_FILE), null, 1)),
    );
    return found.flat().map((uri: Uri) => uri.fsPath);
  }

  /** The project of a file, in the environment that was picked for it; one that is gone from the file counts no more. */
  async load(file: string): Promise<ProjectContext> {
    const all = await loadProject(file);
    const picked = this.pickedEnvironment(file);
    if (!picked || !environmentNames(all.project).includes(picked)) return all;
    return loadProject(file, picked);
  }

  /** What was picked for a project file: "" is none of its environments, undefined is that nobody has picked. */
  pickedEnvironment(file: string): string | undefined {
    return this.memory.get<Record<string, string>>(ENVIRONMENTS)?.[file];
  }

  /** Remembers an environment ("" is none) for a project file, and shows its stack. */
  async pickEnvironment(file: string, name: string): Promise<void> {
    await this.memory.update(ENVIRONMENTS, { ...this.memory.get(ENVIRONMENTS), [file]: name });
    this.stack = undefined;
    this.stackError = undefined;
    this.stackKnown = false;
    this.outcome = undefined;
    await this.refresh();
  }

  /** Reads the project file anew, then the stack. The first project of a workspace with several is shown. */
  async refresh(): Promise<void> {
    const [file] = await this.files();
    try {
      this.project = file === undefined ? undefined : await this.load(file);
      this.projectError = undefined;
    } catch (error) {
      this.project = undefined;
      this.projectError = toOpsError(error);
    }
    this.onDidChange.fire();
    await this.refreshStack();
  }

  /** Looks the stack up; looks again by itself while CloudFormation works on it and somebody watches. */
  async refreshStack(): Promise<void> {
    clearTimeout(this.timer);
    const lookup = ++this.lookups;
    const { project } = this;
    if (project && this.connections.current) {
      const found = await this.deployer.describe(project.project.stackName).then(
        (stack) => ({ stack, error: undefined }),
        (error: unknown) => ({ stack: undefined, error: toOpsError(error) }),
      );
      if (lookup !== this.lookups) return;
      this.stack = found.stack;
      this.stackError = found.error;
      this.stackKnown = true;
    }
    this.onDidChange.fire();
    this.watchStack();
  }

  get isConnected(): boolean {
    return this.connections.current !== undefined;
  }

  /** Keeps what became of a deployment, to be read in the Stack view; undefined forgets it. */
  noteOutcome(outcome: DeploymentOutcome | undefined): void {
    this.outcome = outcome;
    this.onDidChange.fire();
  }

  setVisible(visible: boolean): void {
    if (this.visible === visible) return;
    this.visible = visible;
    if (visible && this.stack && isStackInProgress(this.stack.status)) void this.refreshStack();
    else this.watchStack();
  }

  /** Name of the endpoint that the project's stack made. */
  get endpointName(): string | undefined {
    const { outputs, resources } = this.stack ?? {};
    if (outputs?.EndpointName) return outputs.EndpointName;
    // The outputs come last; while the stack is made, its resource tells.
    const endpoint = resources?.find(({ type }) => type === "AWS::SageMaker::Endpoint");
    return endpoint?.physicalId?.split("/").pop();
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const disposable of this.disposables) disposable.dispose();
  }

  private watchStack(): void {
    clearTimeout(this.timer);
    if (!this.visible || !this.stack || !isStackInProgress(this.stack.status)) return;
    const everyMs = this.connections.current?.kind === "sandbox" ? SANDBOX_POLL_MS : AWS_POLL_MS;
    this.timer = setTimeout(() => void this.refreshStack(), everyMs);
  }

  /** Reads the project, and follows its file from now on. */
  follow(): void {
    this.watchFiles();
    void this.refresh();
  }

  private watchFiles(): void {
    const watcher = workspace.createFileSystemWatcher(`**/${PROJECT_FILE}`);
    const again = () => void this.refresh();
    this.disposables.push(
      watcher,
      watcher.onDidChange(again),
      watcher.onDidCreate(again),
      watcher.onDidDelete(again),
      workspace.onDidChangeWorkspaceFolders(again),
    );
  }
}
