import { CreateDeploymentCommand, GetJobCommand, StartDeploymentCommand } from "@aws-sdk/client-amplify";
import * as l10n from "@vscode/l10n";
import { OpsError } from "../domain/errors.ts";
import { withAwsErrors } from "./awsError.ts";
import type { AwsClients } from "./clients.ts";

/** Uploads a zip as a manual deployment of a branch and starts it; returns the job's id. */
export function startDeployment(clients: AwsClients, appId: string, branch: string, zip: Uint8Array): Promise<string> {
  return withAwsErrors(
    { action: l10n.t("publish the web page to Amplify app {0}", appId), region: clients.region },
    async () => {
      const client = await clients.amplify();
      const deployment = await client.send(new CreateDeploymentCommand({ appId, branchName: branch }));
      const upload = await fetch(deployment.zipUploadUrl ?? "", {
        method: "PUT",
        headers: { "content-type": "application/zip" },
        body: zip,
      });
      if (!upload.ok)
        throw new OpsError("failed", l10n.t("Amplify refused the upload of the web page: HTTP {0}.", upload.status), {
          hint: l10n.t("Deploy again."),
        });
      const jobId = deployment.jobId ?? "";
      await client.send(new StartDeploymentCommand({ appId, branchName: branch, jobId }));
      return jobId;
    },
  );
}

/** Status of a job: PENDING, RUNNING, SUCCEED (AWS's spelling), FAILED, CANCELLED. */
export function jobStatus(clients: AwsClients, appId: string, branch: string, jobId: string): Promise<string> {
  return withAwsErrors(
    { action: l10n.t("read job {0} of Amplify app {1}", jobId, appId), region: clients.region },
    async () => {
      const answer = await (await clients.amplify()).send(new GetJobCommand({ appId, branchName: branch, jobId }));
      return answer.job?.summary?.status ?? "";
    },
  );
}
