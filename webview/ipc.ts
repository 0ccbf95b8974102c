import { PageTransport, type Port } from "../src/protocol/transport.ts";

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
/** VS Code gives it to a page once; a test puts its own in its place. */
declare function acquireVsCodeApi(): VsCodeApi;

/** The channel to the host, and what the page remembers while it is hidden. This is the only caller of the API. */
export interface Host<State> {
  transport: PageTransport;
  /** What was kept by `remember`; undefined at first. */
  recall(): State | undefined;
  remember(state: State): void;
}

export function connectHost<State>(): Host<State> {
  const api = acquireVsCodeApi();
  const port: Port = {
    post: (message) => api.postMessage(message),
    listen: (listener) => window.addEventListener("message", ({ data }) => listener(data)),
  };
  return {
    transport: new PageTransport(port),
    recall: () => api.getState() as State | undefined,
    remember: (state) => api.setState(state),
  };
}
