import { createAmplify } from "./amplify/amplify.ts";
import { createApiGateway } from "./apigateway/apiGateway.ts";
import { createAutoScaling } from "./autoscaling/autoscaling.ts";
import { createCloudFormation } from "./cloudformation/cloudFormation.ts";
import { createCloudWatch } from "./cloudwatch/cloudwatch.ts";
import { createIam } from "./iam/iam.ts";
import { createLambda } from "./lambda/lambda.ts";
import { createLogs } from "./logs/logs.ts";
import { createS3 } from "./s3/s3.ts";
import { createSageMaker } from "./sagemaker/sagemaker.ts";
import { createSts } from "./sts/sts.ts";
import type { SandboxWorld, ServiceModule } from "./world.ts";

/** Every service of the sandbox, constructed around one world; in the order in which their saved states are loaded. */
export function createModules(world: SandboxWorld): ServiceModule[] {
  const logs = createLogs(world);
  world.log = logs.append;
  const cloudwatch = createCloudWatch(world);
  const autoscaling = createAutoScaling(world, cloudwatch.alarms);
  const sagemaker = createSageMaker(world, cloudwatch.metricsOf, autoscaling.forgetEndpoint);
  return [
    createSts(world),
    createIam(world),
    createS3(world),
    logs,
    cloudwatch,
    cloudwatch.measured,
    sagemaker,
    autoscaling,
    createLambda(world),
    createApiGateway(world),
    createAmplify(world),
    createCloudFormation(world),
  ];
}
