import assert from "node:assert/strict";
import type { PredictionProgress } from "../../src/domain/prediction.ts";
import {
  chartExport,
  chartRange,
  copiedText,
  keptText,
  logSpan,
  nothing,
  predictParams,
  yesOrNo,
} from "../../src/panels/pageSchemas.ts";
import { sentRequest } from "../../src/panels/sentRequests.ts";
import {
  type ChosenFile,
  type EndpointPageSnapshot,
  endpointChanged,
  endpointRequests,
  type PageStart,
  type PredictionAnswer,
  type PredictionState,
  type PredictParams,
  predictionEnded,
  predictionProgressed,
  type SentRequest,
  sentChanged,
} from "../../src/protocol/endpointPage.ts";
import { serveRequests } from "../../src/protocol/transport.ts";
import { wineAnswer } from "./fixtures.ts";
import type { OpenPage, startPages } from "./pageRig.ts";

/** A page over a host that answers from the test; `asked` is what the page sent. */
export async function openEndpointPage(
  pages: Awaited<ReturnType<typeof startPages>>,
  snapshot: EndpointPageSnapshot,
  predict: (params: PredictParams) => PredictionAnswer | Promise<PredictionAnswer> = () => wineAnswer,
  width?: number,
  { file, stop = () => {}, start = {} }: { file?: ChosenFile; stop?: () => void; start?: PageStart } = {},
) {
  const asked: [string, unknown][] = [];
  const kept: string[] = [];
  let sent: SentRequest[] = start.sent ?? [];
  let notify: ReturnType<typeof serveRequests>["notify"] | undefined;
  const handle = (name: string) => (params: unknown) => {
    asked.push([name, params]);
    return null;
  };
  const opened = await pages.open(
    "endpoint",
    (port) => {
      ({ notify } = serveRequests(port, endpointRequests, {
        ready: { params: nothing, handle: () => snapshot },
        start: { params: nothing, handle: () => start },
        keep: {
          params: keptText,
          handle: (text) => {
            kept.push(text);
            return null;
          },
        },
        predict: {
          params: predictParams,
          handle: async (params) => {
            asked.push(["predict", params]);
            const response = await predict(params);
            const last = sentRequest(params, file, { kind: "answered", response, atMs: 1, isApi: false });
            sent = last ? [last, ...sent] : sent;
            notify?.(sentChanged, sent);
            return response;
          },
        },
        stopPrediction: {
          params: nothing,
          handle: () => {
            stop();
            return null;
          },
        },
        chooseFile: { params: nothing, handle: () => file ?? null },
        clearSent: { params: nothing, handle: handle("clearSent") },
        saveAnswer: { params: nothing, handle: handle("saveAnswer") },
        setSeen: { params: yesOrNo, handle: handle("setSeen") },
        setRange: { params: chartRange, handle: handle("setRange") },
        retry: { params: nothing, handle: handle("retry") },
        runLoadTest: { params: nothing, handle: handle("runLoadTest") },
        showLogs: { params: logSpan, handle: handle("showLogs") },
        explainScaling: { params: nothing, handle: handle("explainScaling") },
        explainFailure: { params: nothing, handle: handle("explainFailure") },
        deploy: { params: nothing, handle: handle("deploy") },
        openConsole: { params: nothing, handle: handle("openConsole") },
        exportCharts: { params: chartExport, handle: handle("exportCharts") },
        saveRequest: { params: predictParams, handle: handle("saveRequest") },
        copyText: { params: copiedText, handle: handle("copyText") },
      }));
    },
    width,
  );
  await opened.page.getByRole("heading", { level: 1 }).waitFor();
  return {
    ...opened,
    asked,
    /** What the page wants to have again when it is closed and opened. */
    kept,
    tell: (next: EndpointPageSnapshot) => notify?.(endpointChanged, next),
    ended: (state: PredictionState) => notify?.(predictionEnded, state),
    progress: (next: PredictionProgress) => notify?.(predictionProgressed, next),
  };
}

/** Nothing went wrong unseen. */
export async function closeClean({ problems, close }: OpenPage): Promise<void> {
  assert.deepEqual(problems, []);
  await close();
}
