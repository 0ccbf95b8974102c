import * as l10n from "@vscode/l10n";
import { lastLogLines } from "../aws/logs.ts";
import { describeEndpoint } from "../aws/sagemaker.ts";
import { OpsError, toOpsError } from "../domain/errors.ts";
import { adviceFor, type FailureExplanation, tellingLines } from "../domain/failureExplanation.ts";
import type { Connections } from "./connections.ts";

const LINES_READ = 200;
const LINES_SHOWN = 30;

/** Answers "why did this endpoint fail?" from SageMaker's reason and the containers' log. */
export class FailureExplainer {
  constructor(private readonly connections: Connections) {}

  /**
   * A log that cannot be read is part of the answer.
   * @param knownReason of an endpoint that was rolled back since: its log outlives it
   * @throws OpsError notFound for an endpoint that does not exist
   */
  async explain(endpointName: string, knownReason?: string): Promise<FailureExplanation> {
    const clients = this.connections.clients();
    const { status, failureReason } =
      knownReason === undefined
        ? await describeEndpoint(clients, endpointName)
        : { status: undefined, failureReason: knownReason };
    const logGroup = `/aws/sagemaker/Endpoints/${endpointName}`;
    const base = { endpointName, status, failureReason, logGroup, advice: adviceFor(failureReason) };
    try {
      return { ...base, lines: tellingLines(await lastLogLines(clients, logGroup, LINES_READ), LINES_SHOWN) };
    } catch (error) {
      const { code, message } = toOpsError(error);
      const problem = code === "notFound" ? l10n.t("The containers have logged nothing.") : message;
      return { ...base, lines: [], logProblem: problem };
    }
  }
}

/** An endpoint without a failure has nothing to explain. */
export function assertFailed({ endpointName, status, failureReason }: FailureExplanation): void {
  if (status === "Failed" || status === "UpdateRollbackFailed" || failureReason) return;
  throw new OpsError("conflict", l10n.t("Endpoint {0} is {1} and has not failed.", endpointName, status ?? ""), {
    hint: l10n.t("Why it did or did not scale is told by Explain Scaling."),
  });
}
