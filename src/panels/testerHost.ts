import { randomUUID } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { l10n, Uri, window } from "vscode";
import { describeConnection } from "../domain/connection.ts";
import { OpsError } from "../domain/errors.ts";
import { contentTypeOf, endingOf, MOST_BODY_BYTES } from "../domain/invocation.ts";
import { plural } from "../domain/plural.ts";
import type { PredictionProgress, PredictionRequest, PredictionResponse } from "../domain/prediction.ts";
import type {
  ChosenFile,
  PredictionAnswer,
  PredictionState,
  PredictParams,
  SentRequest,
} from "../protocol/endpointPage.ts";
import { toWireError } from "../protocol/transport.ts";
import { type AsyncPredictor, asyncBucket, INPUT_PREFIX } from "../services/asyncPredictor.ts";
import type { Connections } from "../services/connections.ts";
import type { Predictor } from "../services/predictor.ts";
import { formatNumber } from "../ui/format.ts";
import { confirmWithFacts } from "../ui/prompts.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import { saveRequest } from "./saveRequest.ts";
import { type SentRequests, sentRequest } from "./sentRequests.ts";

/** What the tester of an endpoint's page works with. */
export interface TesterServices {
  connections: Connections;
  predictor: Predictor;
  asyncPredictor: AsyncPredictor;
  project: WorkspaceProject;
  sentRequests: SentRequests;
}

type EndpointParams = Extract<PredictParams, { via: "endpoint" }>;

/** Pictures that a page can draw; what else calls itself one is only named. */
const DRAWABLE = /^image\/(png|jpeg|gif|webp|bmp)\b/;
/** What is sent on while it comes; all of it is in the answer. */
const MOST_PROGRESS_TEXT = 100_000;

/** The host's side of a page's prediction tester: sends, stops, and keeps the files and answers that are no text. */
export class TesterHost {
  /** Only what was chosen here, now or once, can be sent: a page cannot name a file by itself. */
  private readonly files = new Map<string, ChosenFile>();
  private running: AbortController | undefined;
  private state: PredictionState | undefined;
  private lastAnswer: PredictionResponse | undefined;
  /** Status of the last answer, by its request: what is saved may expect it. */
  private readonly answered = new Map<string, number>();
  /** Where inputs may be uploaded to, which was asked once. */
  private uploadTo: string | undefined;

  /**
   * @param apiUrl of the project's API, where this endpoint has one
   * @param tell hears how far a prediction is, how it ended, undefined when it was given up, and the last requests
   */
  constructor(
    private readonly endpointName: string,
    private readonly services: TesterServices,
    private readonly apiUrl: () => string | undefined,
    private readonly tell: {
      progress(progress: PredictionProgress): void;
      ended(state: PredictionState | undefined): void;
      sent(list: SentRequest[]): void;
    },
  ) {}

  /** What became of the last prediction. */
  get prediction(): PredictionState | undefined {
    return this.state;
  }

  /**
   * The answer goes to who has asked; to a page that was made anew meanwhile it is told.
   * @throws OpsError what could not be asked; cancelled when the user says no
   */
  async predict(params: PredictParams): Promise<PredictionAnswer> {
    const mine: PredictionState = { kind: "sending" };
    const end = (state: PredictionState | undefined) => {
      // Another one was sent, or the account was switched: this one is nobody's any more.
      if (this.state !== mine) return;
      this.state = state;
      this.tell.ended(state);
      void this.keep(params, state);
    };
    const answer = this.send(params);
    this.state = mine;
    try {
      const response = await answer;
      end({ kind: "answered", response, atMs: Date.now(), isApi: params.via === "api" });
      return response;
    } catch (error) {
      const failure = toWireError(error);
      end(failure.code === "cancelled" && !failure.hint ? undefined : { kind: "failed", error: failure });
      throw error;
    }
  }

  /** The last requests here, of the account and region that is connected. */
  async sent(): Promise<SentRequest[]> {
    const list = await this.services.sentRequests.list(this.endpointName);
    for (const { file } of list) if (file) this.files.set(file.id, file);
    return list;
  }

  /** Forgets them after asking, as VS Code does with what it keeps. */
  async clearSent(): Promise<void> {
    const { connections, sentRequests } = this.services;
    const { length } = await sentRequests.list(this.endpointName);
    const confirmed = await confirmWithFacts({
      title: l10n.t("Clear the last requests of {0}", this.endpointName),
      placeholder: l10n.t("Pick the first row to forget them; Escape forgets nothing"),
      confirm: {
        label: `$(clear-all) ${l10n.t("Forget {0}", plural(length, "request"))}`,
        description: describeConnection(connections.required()),
      },
      sections: [],
    });
    if (confirmed) this.tell.sent(await sentRequests.clear(this.endpointName));
  }

  /** A disk that is full takes no answer away. */
  private async keep(params: PredictParams, state: PredictionState | undefined): Promise<void> {
    const { fileId } = params.via === "endpoint" ? params : {};
    const sent = sentRequest(params, fileId === undefined ? undefined : this.files.get(fileId), state);
    if (!sent) return;
    const list = await this.services.sentRequests.add(this.endpointName, sent).catch(() => undefined);
    if (list) this.tell.sent(list);
  }

  private async send(params: PredictParams): Promise<PredictionAnswer> {
    this.stop();
    const running = new AbortController();
    this.running = running;
    try {
      const response =
        params.via === "api"
          ? await this.askApi(params.features, running.signal)
          : await this.askEndpoint(params, running.signal);
      this.answered.clear();
      this.answered.set(JSON.stringify(params), response.status);
      this.lastAnswer = response;
      return answerFor(response);
    } finally {
      if (this.running === running) this.running = undefined;
    }
  }

  stop(): void {
    this.running?.abort();
  }

  /** Another account has other buckets, and takes no answer of the old one. */
  forgetAccount(): void {
    this.stop();
    this.state = undefined;
    this.uploadTo = undefined;
  }

  async chooseFile(): Promise<ChosenFile | null> {
    const folder = this.services.project.project?.folder;
    const [uri] =
      (await window.showOpenDialog({
        title: l10n.t("File to send to {0}", this.endpointName),
        openLabel: l10n.t("Choose"),
        defaultUri: folder === undefined ? undefined : Uri.file(folder),
      })) ?? [];
    if (!uri) return null;
    const { size } = await stat(uri.fsPath);
    assertSize(uri.fsPath, size);
    const id = randomUUID();
    const contentType = contentTypeOf(uri.fsPath);
    const picture = DRAWABLE.test(contentType) ? (await readFile(uri.fsPath)).toString("base64") : undefined;
    const file = { id, name: path.basename(uri.fsPath), path: uri.fsPath, bytes: size, contentType };
    this.files.set(id, file);
    return { ...file, picture };
  }

  async saveAnswer(): Promise<void> {
    const answer = this.lastAnswer;
    if (!answer) throw new OpsError("badInput", l10n.t("There is no answer to save."));
    const folder = this.services.project.project?.folder;
    const name = `${this.endpointName}-answer.${endingOf(answer.contentType)}`;
    const uri = await window.showSaveDialog({
      title: l10n.t("Save the answer of {0}", this.endpointName),
      defaultUri: Uri.file(path.resolve(folder ?? "", name)),
    });
    if (uri) await writeFile(uri.fsPath, answer.bytes ?? answer.body);
  }

  async saveRequest(params: PredictParams): Promise<void> {
    if (params.via !== "endpoint") return;
    const { fileId } = params;
    const bodyFile = fileId === undefined ? params.inputLocation : this.pathOf(fileId);
    const status = this.answered.get(JSON.stringify(params));
    await saveRequest(this.endpointName, { ...params, bodyFile }, this.services.project.project?.folder, status);
  }

  private async askEndpoint(params: EndpointParams, signal: AbortSignal): Promise<PredictionResponse> {
    const { predictor, asyncPredictor } = this.services;
    const { mode, contentType, fileId, targetVariant, headers } = params;
    const body = fileId === undefined ? params.body : await this.readChosen(fileId);
    const request: PredictionRequest = {
      ...headers,
      endpointName: this.endpointName,
      contentType,
      body,
      targetVariant,
    };
    const onProgress = (progress: PredictionProgress) => this.tell.progress(shortened(progress));
    if (mode === "stream") return predictor.predictStream(request, { onProgress, signal });
    if (mode !== "async") return predictor.predict(request, signal);
    const input = params.inputLocation
      ? { inputLocation: params.inputLocation }
      : { uploadTo: await this.placeForInput(body.length) };
    return asyncPredictor.predict(request, input, { onProgress, signal });
  }

  /** The API's address is the stack's own: a page cannot name another. */
  private askApi(features: Record<string, number | null>, signal: AbortSignal): Promise<PredictionResponse> {
    const url = this.apiUrl();
    const keyId = this.services.project.stack?.outputs.ApiKeyId;
    if (url) return this.services.predictor.predictThroughApi(url, features, keyId, signal);
    throw new OpsError("notFound", l10n.t("The project's stack has no API for {0}.", this.endpointName), {
      hint: l10n.t("Deploy the project, or send to the endpoint itself."),
    });
  }

  private pathOf(fileId: string): string {
    const file = this.files.get(fileId);
    if (file) return file.path;
    throw new OpsError("badInput", l10n.t("The file is no longer known."), { hint: l10n.t("Choose it again.") });
  }

  private async readChosen(fileId: string): Promise<Uint8Array> {
    const file = this.pathOf(fileId);
    const bytes = await readFile(file).catch((cause: Error) => {
      throw new OpsError("badInput", l10n.t("{0} cannot be read: {1}", file, cause.message), { cause });
    });
    assertSize(file, bytes.length);
    return bytes;
  }

  /** An upload stays in the account: it is asked for, once for each place. */
  private async placeForInput(bytes: number): Promise<string> {
    if (this.uploadTo !== undefined) return this.uploadTo;
    const { connections, project } = this.services;
    const connection = connections.required();
    const bucket = await asyncBucket(connections, project.project?.project);
    const place = bucket === undefined ? await askPlace() : `s3://${bucket}/${INPUT_PREFIX}`;
    const where = describeConnection(connection);
    const confirmed =
      place !== undefined &&
      (await confirmWithFacts({
        title: l10n.t("Upload the input for {0}", this.endpointName),
        placeholder: l10n.t("Pick the first row to upload and invoke; Escape sends nothing"),
        confirm: { label: `$(cloud-upload) ${l10n.t("Upload to {0}", place)}`, description: where },
        sections: [
          {
            name: l10n.t("what will happen"),
            rows: [
              { label: `$(account) ${l10n.t("Account")}`, description: connection.accountId },
              { label: `$(globe) ${l10n.t("Region")}`, description: connection.region },
              { label: `$(file) ${l10n.t("Input")}`, description: l10n.t("{0} bytes", formatNumber(bytes)) },
              {
                label: `$(credit-card) ${l10n.t("Cost")}`,
                description: l10n.t("S3's price: inputs and answers stay there until you delete them"),
              },
              {
                label: `$(info) ${l10n.t("Afterwards")}`,
                description: l10n.t("more requests of this page are uploaded without asking"),
              },
            ],
          },
        ],
      }));
    if (!confirmed || place === undefined) throw new OpsError("cancelled", l10n.t("Nothing was sent."));
    this.uploadTo = place;
    return place;
  }
}

function askPlace(): Thenable<string | undefined> {
  return window.showInputBox({
    title: l10n.t("Where the input is uploaded to"),
    prompt: l10n.t("The project has no bucket for artifacts. The endpoint's role must be able to read it."),
    placeHolder: "s3://bucket/folder",
    ignoreFocusOut: true,
    validateInput: (text) =>
      /^s3:\/\/[a-z0-9][a-z0-9.-]+[a-z0-9](\/.*)?$/.test(text.trim())
        ? undefined
        : l10n.t("It looks like s3://bucket/folder."),
  });
}

function assertSize(file: string, bytes: number): void {
  if (bytes <= MOST_BODY_BYTES) return;
  const text = l10n.t(
    "{0} has {1} bytes; SageMaker takes at most {2}.",
    file,
    formatNumber(bytes),
    formatNumber(MOST_BODY_BYTES),
  );
  throw new OpsError("badInput", text, { hint: l10n.t("Put it into S3 and invoke an asynchronous endpoint.") });
}

function answerFor({ bytes, ...rest }: PredictionResponse): PredictionAnswer {
  if (!bytes) return rest;
  const canDraw = DRAWABLE.test(rest.contentType ?? "") && bytes.length <= MOST_BODY_BYTES;
  const picture = canDraw ? Buffer.from(bytes).toString("base64") : undefined;
  return { ...rest, binary: { bytes: bytes.length, picture } };
}

/** The end is what one reads while it comes. */
function shortened(progress: PredictionProgress): PredictionProgress {
  if (progress.kind !== "stream" || progress.text.length <= MOST_PROGRESS_TEXT) return progress;
  return { ...progress, text: `…${progress.text.slice(-MOST_PROGRESS_TEXT)}` };
}
