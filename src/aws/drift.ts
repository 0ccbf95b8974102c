import {
  DescribeStackDriftDetectionStatusCommand,
  DescribeStackResourceDriftsCommand,
  DetectStackDriftCommand,
} from "@aws-sdk/client-cloudformation";
import * as l10n from "@vscode/l10n";
import type { ResourceDrift } from "../domain/drift.ts";
import { withAwsErrors } from "./awsError.ts";
import type { AwsClients } from "./clients.ts";
import { collect } from "./paginate.ts";

/** Begins to look for drift; gives the id of the look. */
export function beginDriftDetection(clients: AwsClients, stackName: string): Promise<string> {
  return withAwsErrors(
    { action: l10n.t("detect the drift of stack {0}", stackName), region: clients.region },
    async () => {
      const client = await clients.cloudformation();
      const answer = await client.send(new DetectStackDriftCommand({ StackName: stackName }));
      return answer.StackDriftDetectionId ?? "";
    },
  );
}

/** Whether a look has ended; a look that failed for some resources has ended, too. @throws OpsError when it failed */
export function driftDetectionEnded(clients: AwsClients, detectionId: string): Promise<boolean> {
  return withAwsErrors(
    { action: l10n.t("follow the drift detection {0}", detectionId), region: clients.region },
    async () => {
      const client = await clients.cloudformation();
      const { DetectionStatus, DetectionStatusReason } = await client.send(
        new DescribeStackDriftDetectionStatusCommand({ StackDriftDetectionId: detectionId }),
      );
      if (DetectionStatus === "DETECTION_FAILED")
        throw new Error(DetectionStatusReason ?? l10n.t("the detection failed"));
      return DetectionStatus === "DETECTION_COMPLETE";
    },
  );
}

/** What the last look found, resource by resource. */
export function readDrifts(
  clients: AwsClients,
  stackName: string,
): Promise<{ drifts: ResourceDrift[]; inSync: number; notChecked: number }> {
  return withAwsErrors(
    { action: l10n.t("read the drift of stack {0}", stackName), region: clients.region },
    async () => {
      const client = await clients.cloudformation();
      const all = await collect(
        (NextToken) => client.send(new DescribeStackResourceDriftsCommand({ StackName: stackName, NextToken })),
        (page) => page.StackResourceDrifts,
        (page) => page.NextToken,
      );
      const count = (status: string) => all.filter((d) => d.StackResourceDriftStatus === status).length;
      const drifts = all.flatMap((d): ResourceDrift[] => {
        const kind = d.StackResourceDriftStatus;
        if (kind !== "MODIFIED" && kind !== "DELETED") return [];
        return [
          {
            logicalId: d.LogicalResourceId ?? "",
            physicalId: d.PhysicalResourceId,
            type: d.ResourceType ?? "",
            kind: kind === "DELETED" ? "deleted" : "modified",
            differences: (d.PropertyDifferences ?? []).map((p) => ({
              path: p.PropertyPath ?? "",
              expected: p.ExpectedValue ?? "",
              actual: p.ActualValue ?? "",
            })),
          },
        ];
      });
      return { drifts, inSync: count("IN_SYNC"), notChecked: count("NOT_CHECKED") };
    },
  );
}
