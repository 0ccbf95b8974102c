import type { AmplifyClient } from "@aws-sdk/client-amplify";
import type { APIGatewayClient } from "@aws-sdk/client-api-gateway";
import type { ApplicationAutoScalingClient } from "@aws-sdk/client-application-auto-scaling";
import type { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import type { S3Client } from "@aws-sdk/client-s3";
import type { SageMakerClient } from "@aws-sdk/client-sagemaker";
import type { SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime";
import type { STSClient } from "@aws-sdk/client-sts";

/** Keys as the SDK takes them; they live in memory only. */
export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
}

/** How to reach an account. */
export interface ClientSettings {
  region: string;
  endpointUrl?: string;
  credentials: () => Promise<AwsCredentials>;
}

/**
 * The SDK clients of one connection, each loaded and made when it is first asked for: an extension that only shows a
 * tree should not load CloudFormation. This file alone knows region, credentials and endpoint URL.
 */
export class AwsClients {
  private readonly made = new Map<string, Promise<{ destroy(): void }>>();

  constructor(readonly settings: ClientSettings) {}

  get region(): string {
    return this.settings.region;
  }

  sagemaker(): Promise<SageMakerClient> {
    return this.make("sagemaker", async () => (await import("@aws-sdk/client-sagemaker")).SageMakerClient);
  }

  runtime(): Promise<SageMakerRuntimeClient> {
    return this.make("runtime", async () => (await import("@aws-sdk/client-sagemaker-runtime")).SageMakerRuntimeClient);
  }

  cloudwatch(): Promise<CloudWatchClient> {
    return this.make("cloudwatch", async () => (await import("@aws-sdk/client-cloudwatch")).CloudWatchClient);
  }

  logs(): Promise<CloudWatchLogsClient> {
    return this.make("logs", async () => (await import("@aws-sdk/client-cloudwatch-logs")).CloudWatchLogsClient, {
      // Live Tail goes to a host of its own, `streaming-…`, which another address than AWS's does not have.
      disableHostPrefix: this.settings.endpointUrl !== undefined,
    });
  }

  autoscaling(): Promise<ApplicationAutoScalingClient> {
    return this.make(
      "autoscaling",
      async () => (await import("@aws-sdk/client-application-auto-scaling")).ApplicationAutoScalingClient,
    );
  }

  cloudformation(): Promise<CloudFormationClient> {
    return this.make(
      "cloudformation",
      async () => (await import("@aws-sdk/client-cloudformation")).CloudFormationClient,
    );
  }

  s3(): Promise<S3Client> {
    return this.make("s3", async () => (await import("@aws-sdk/client-s3")).S3Client, {
      forcePathStyle: this.settings.endpointUrl !== undefined,
    });
  }

  apiGateway(): Promise<APIGatewayClient> {
    return this.make("apiGateway", async () => (await import("@aws-sdk/client-api-gateway")).APIGatewayClient);
  }

  amplify(): Promise<AmplifyClient> {
    return this.make("amplify", async () => (await import("@aws-sdk/client-amplify")).AmplifyClient);
  }

  sts(): Promise<STSClient> {
    return this.make("sts", async () => (await import("@aws-sdk/client-sts")).STSClient);
  }

  /** Closes every connection of every client. */
  destroy(): void {
    for (const client of this.made.values()) void client.then((c) => c.destroy()).catch(() => {});
    this.made.clear();
  }

  private make<T extends { destroy(): void }>(
    name: string,
    load: () => Promise<new (config: never) => T>,
    more: object = {},
  ): Promise<T> {
    let client = this.made.get(name) as Promise<T> | undefined;
    if (!client) {
      const { region, endpointUrl, credentials } = this.settings;
      client = load().then((Client) => new Client({ region, endpoint: endpointUrl, credentials, ...more } as never));
      this.made.set(name, client);
    }
    return client;
  }
}
