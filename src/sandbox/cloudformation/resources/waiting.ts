import type { HandlerTable } from "./handler.ts";
import { optionalText, text } from "./properties.ts";

/** Real time for the signals at least, also where the clock stands or runs very fast, ms. */
const LEAST_WAIT_MS = 30_000;

interface Signal {
  Status?: string;
  Reason?: string;
  UniqueId?: string;
  Data?: string;
}

/** AWS::CloudFormation::WaitConditionHandle, an address for signals, and AWS::CloudFormation::WaitCondition. */
export const waitingHandlers: HandlerTable = {
  "AWS::CloudFormation::WaitConditionHandle": {
    attributes: [],
    replaceOn: [],
    async create(_properties, ctx) {
      return { id: ctx.callbacks.open(), attributes: {} };
    },
    async remove(url, _properties, ctx) {
      ctx.callbacks.close(url);
    },
  },

  "AWS::CloudFormation::WaitCondition": {
    attributes: ["Data"],
    replaceOn: ["Count", "Handle", "Timeout"],
    async create(properties, ctx) {
      // Without a handle a creation policy is meant, which needs what the sandbox does not have (EC2).
      const handle = text(properties, "Handle");
      const count = Number(optionalText(properties, "Count") ?? 1);
      const seconds = Number(text(properties, "Timeout"));
      const endMs = performance.now() + Math.max(LEAST_WAIT_MS, ctx.toReal(seconds * 1000));
      const id = `${ctx.stackId}/${ctx.logicalId}`;
      ctx.exists(id);
      const data = await ctx.poll(async () => {
        const signals = signalsOf(ctx.callbacks.received(handle));
        const failed = [...signals.values()].find(({ Status }) => Status === "FAILURE");
        if (failed)
          throw new Error(`WaitCondition received failed message: '${failed.Reason}' for uniqueId: ${failed.UniqueId}`);
        if (signals.size >= count) return Object.fromEntries([...signals].map(([key, s]) => [key, s.Data ?? ""]));
        if (performance.now() > endMs)
          throw new Error(`WaitCondition timed out. Received ${signals.size} conditions when expecting ${count}`);
        return undefined;
      });
      return { id, attributes: { Data: JSON.stringify(data) } };
    },
    async remove() {},
  },
};

/** Signals by their unique id: one that comes twice counts once. What is not a signal is ignored. */
function signalsOf(bodies: readonly string[]): Map<string, Signal> {
  const signals = new Map<string, Signal>();
  for (const body of bodies)
    try {
      const signal = JSON.parse(body) as Signal;
      if (signal.UniqueId !== undefined && /^(SUCCESS|FAILURE)$/.test(signal.Status ?? ""))
        signals.set(signal.UniqueId, signal);
    } catch {
      // not JSON: no signal
    }
  return signals;
}
