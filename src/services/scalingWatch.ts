import * as l10n from "@vscode/l10n";
import { describeActivities } from "../aws/autoscaling.ts";
import type { AwsClients } from "../aws/clients.ts";
import { describeAlarms } from "../aws/cloudwatch.ts";
import { describeEndpoint } from "../aws/sagemaker.ts";
import { instanceTotals } from "../domain/endpoint.ts";
import { OpsError } from "../domain/errors.ts";
import type { InstancePoint, ScalingMark } from "../domain/loadRun.ts";
import type { AlarmState, ScalableTarget } from "../domain/scaling.ts";
import { pause } from "./stackEvents.ts";

/** What is watched, and who hears of it. */
export interface ScalingWatchOptions {
  clients: AwsClients;
  endpointName: string;
  targets: readonly ScalableTarget[];
  pollMs: number;
  onChange: (instances: InstancePoint[], marks: ScalingMark[]) => void;
  /** The endpoint is no longer there. */
  onGone?: () => void;
}

/** The scale-out as it happens: alarms, scaling activities, desired and current instances. */
export class ScalingWatch {
  readonly instances: InstancePoint[] = [];
  readonly marks: ScalingMark[] = [];
  /** Readings that failed; the run goes on without them, the report says so. */
  failures = 0;
  private readonly seenActivities = new Map<string, string>();
  private readonly alarmStates = new Map<string, AlarmState>();
  private readonly startedAtMs = Date.now();
  private readonly stopSignal = new AbortController();
  private running: Promise<void> | undefined;

  constructor(private readonly options: ScalingWatchOptions) {}

  /** The first reading is the base line: what was already so is no news. */
  async start(): Promise<void> {
    await this.look(true);
    this.running = this.loop();
  }

  /** Takes one last reading and ends. */
  async stop(): Promise<void> {
    this.stopSignal.abort();
    await this.running;
    await this.look(false);
  }

  private async loop(): Promise<void> {
    for (;;) {
      await pause(this.options.pollMs, this.stopSignal.signal);
      if (this.stopSignal.signal.aborted) return;
      await this.look(false);
    }
  }

  private async look(isBaseline: boolean): Promise<void> {
    try {
      await Promise.all([this.lookAtInstances(), this.lookAtAlarms(isBaseline), this.lookAtActivities(isBaseline)]);
      this.marks.sort((a, b) => a.atMs - b.atMs);
      this.options.onChange(this.instances, this.marks);
    } catch (e) {
      if (isBaseline) throw e;
      this.failures++;
      if (e instanceof OpsError && e.code === "notFound") this.options.onGone?.();
    }
  }

  private async lookAtInstances(): Promise<void> {
    const endpoint = await describeEndpoint(this.options.clients, this.options.endpointName);
    const { current, desired } = instanceTotals(endpoint);
    const atMs = Date.now();
    const last = this.instances.at(-1);
    this.instances.push({ atMs, current, desired });
    if (!last) return;
    if (desired !== last.desired)
      this.marks.push({
        atMs,
        kind: "desired",
        text: l10n.t("desired {0} → {1} instances", last.desired, desired),
        value: desired,
      });
    if (current !== last.current) {
      this.marks.push({
        atMs,
        kind: "current",
        text: l10n.t("current {0} → {1} instances", last.current, current),
        value: current,
      });
      this.marks.push({ atMs, kind: "inService", text: l10n.t("serving with {0} instances", current), value: current });
    }
  }

  private async lookAtAlarms(isBaseline: boolean): Promise<void> {
    const names = this.options.targets.flatMap((t) => t.policies.flatMap((p) => p.alarms.map((a) => a.name)));
    for (const alarm of await describeAlarms(this.options.clients, names)) {
      const before = this.alarmStates.get(alarm.name);
      this.alarmStates.set(alarm.name, alarm.state);
      if (isBaseline || before === alarm.state) continue;
      // Of the low alarm only ALARM matters; its other changes are noise beside a scale-out.
      const isLow = alarm.name.includes("-AlarmLow-");
      if (isLow && alarm.state !== "ALARM") continue;
      this.marks.push({
        atMs: alarm.stateAtMs ?? Date.now(),
        kind: "alarm",
        text: l10n.t(
          "alarm {0}: {1} → {2}",
          isLow ? l10n.t("low") : l10n.t("high"),
          before ?? l10n.t("new"),
          alarm.state,
        ),
        value: alarm.state === "ALARM" ? 1 : 0,
      });
    }
  }

  private async lookAtActivities(isBaseline: boolean): Promise<void> {
    const { clients, endpointName, targets } = this.options;
    for (const { variantName } of targets)
      for (const a of await describeActivities(clients, endpointName, variantName, { most: 20 })) {
        const before = this.seenActivities.get(a.id);
        this.seenActivities.set(a.id, a.status);
        if (isBaseline || a.startedAtMs < this.startedAtMs) continue;
        const what = a.description.replace(/\.$/, "");
        if (before === undefined)
          this.marks.push({ atMs: a.startedAtMs, kind: "activity", text: `${what} (${a.cause})` });
        if (before !== a.status && (a.status === "Successful" || a.status === "Failed"))
          this.marks.push({
            atMs: a.endedAtMs ?? Date.now(),
            kind: "activity",
            text:
              a.status === "Successful"
                ? l10n.t("{0}: successful", what)
                : l10n.t("{0}: failed — {1}", what, a.message ?? l10n.t("no reason given")),
          });
      }
  }
}
