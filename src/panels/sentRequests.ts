import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import type { InvocationHeaders } from "../domain/invocation.ts";
import type { ChosenFile, PredictionState, PredictParams, SentRequest } from "../protocol/endpointPage.ts";
import type { Connections } from "../services/connections.ts";
import { sentRequests } from "./pageSchemas.ts";

/** Of an endpoint; older ones go. */
const MOST_REQUESTS = 20;
/** Of a workspace; those that were not added to for longest go. */
const MOST_ENDPOINTS = 50;
const MOST_KEPT_BYTES = 64 * 1024;
/** What is passed on to a container may be a key to something else. */
const SECRET = /authorization|api[-_]?key|token|secret|password|credential/i;

/**
 * The requests that were sent from the testers of a workspace, by account, region and endpoint; those of the sandbox
 * are apart. They are kept as a file for each endpoint, which is read when its page is opened.
 */
export class SentRequests {
  private readonly lists = new Map<string, SentRequest[]>();
  /** One change of the files after the other. */
  private last: Promise<unknown> = Promise.resolve();

  /** @param folder of the files; a window without a workspace has none, and keeps them while it is open */
  constructor(
    private readonly connections: Connections,
    private readonly folder: string | undefined,
  ) {}

  /** The newest first; none while nothing is connected. */
  list(endpointName: string): Promise<SentRequest[]> {
    return this.inTurn(endpointName, (key) => this.read(key));
  }

  /** @returns the list with it */
  add(endpointName: string, sent: SentRequest): Promise<SentRequest[]> {
    return this.inTurn(endpointName, async (key) => {
      const list = [keepable(sent), ...(await this.read(key))].slice(0, MOST_REQUESTS);
      this.lists.set(key, list);
      await this.write(key, list);
      return list;
    });
  }

  clear(endpointName: string): Promise<SentRequest[]> {
    return this.inTurn(endpointName, async (key) => {
      this.lists.set(key, []);
      if (this.folder !== undefined) await rm(this.fileOf(this.folder, key), { force: true });
      return [];
    });
  }

  private inTurn(endpointName: string, work: (key: string) => Promise<SentRequest[]>): Promise<SentRequest[]> {
    const { current } = this.connections;
    if (!current) return Promise.resolve([]);
    const key = [current.kind, current.accountId, current.region, endpointName].join("/");
    const done = this.last.then(() => work(key));
    this.last = done.catch(() => {});
    return done;
  }

  /** What was written by another version, or by hand, and does not fit is passed over. */
  private async read(key: string): Promise<SentRequest[]> {
    const known = this.lists.get(key);
    if (known) return known;
    const text = this.folder && (await readFile(this.fileOf(this.folder, key), "utf8").catch(() => undefined));
    const list = text ? (sentRequests.safeParse(parsed(text)).data ?? []) : [];
    this.lists.set(key, list);
    return list;
  }

  private async write(key: string, list: SentRequest[]): Promise<void> {
    const { folder } = this;
    if (folder === undefined) return;
    const file = this.fileOf(folder, key);
    await mkdir(folder, { recursive: true });
    await writeFile(`${file}.part`, JSON.stringify(list));
    await rename(`${file}.part`, file);
    const files = (await readdir(folder))
      .filter((name) => name.endsWith(SUFFIX))
      .map((name) => path.join(folder, name));
    if (files.length <= MOST_ENDPOINTS) return;
    const aged = await Promise.all(files.map(async (each) => ({ each, atMs: (await stat(each)).mtimeMs })));
    aged.sort((a, b) => b.atMs - a.atMs);
    for (const { each } of aged.slice(MOST_ENDPOINTS)) await rm(each, { force: true });
  }

  /** A name of an endpoint may come from anywhere, and is no name of a file. */
  private fileOf(folder: string, key: string): string {
    return path.join(folder, `${createHash("sha256").update(key).digest("hex").slice(0, 32)}${SUFFIX}`);
  }
}

const SUFFIX = ".requests.json";

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * What is listed of a request that has ended; undefined for one that was given up.
 * @param file that was its body
 */
export function sentRequest(
  params: PredictParams,
  file: ChosenFile | undefined,
  state: PredictionState | undefined,
): SentRequest | undefined {
  if (!state || state.kind === "sending") return undefined;
  const sent: SentRequest = { atMs: Date.now(), params, ...(file && { file: { ...file, picture: undefined } }) };
  if (state.kind === "failed") return sent;
  const { status, latencyMs, probabilities = [], labels, error } = state.response;
  const value = probabilities.length > 1 ? Math.max(...probabilities) : undefined;
  const index = value === undefined ? -1 : probabilities.indexOf(value);
  const best = value === undefined ? {} : { best: { index, value, label: labels?.[index]?.slice(0, 200) } };
  return { ...sent, answer: { status, latencyMs, failed: Boolean(error) || status >= 400, ...best } };
}

/** Without what is too long to be kept, and without headers that look like secrets. */
function keepable(sent: SentRequest): SentRequest {
  const { params } = sent;
  if (params.via === "api") {
    const bytes = Buffer.byteLength(JSON.stringify(params.features));
    return bytes <= MOST_KEPT_BYTES ? sent : { ...sent, params: { via: "api", features: {} }, leftOut: bytes };
  }
  const headers = Object.entries(params.headers ?? {}).filter(([name, value]) => !SECRET.test(`${name} ${value}`));
  const kept = { ...params, ...(params.headers && { headers: Object.fromEntries(headers) as InvocationHeaders }) };
  const bytes = Buffer.byteLength(params.body);
  if (bytes <= MOST_KEPT_BYTES) return { ...sent, params: kept };
  return { ...sent, params: { ...kept, body: "" }, leftOut: bytes };
}
