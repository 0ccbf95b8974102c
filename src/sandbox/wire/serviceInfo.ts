import type { ProtocolId, ServiceInfo } from "./types.ts";

type Names = readonly [name: string, signingName: string, namespace: string, apiVersion: string, target: string];

function service(
  [name, signingName, namespace, apiVersion, target]: Names,
  protocols: readonly ProtocolId[],
  more: Partial<ServiceInfo> = {},
): ServiceInfo {
  return {
    name,
    signingName,
    namespace: `com.amazonaws.${namespace}`,
    apiVersion,
    target,
    protocols,
    constraints: name,
    ...more,
  };
}

const docs = (name: string, version: string) => ({ xmlNamespace: `http://${name}.amazonaws.com/doc/${version}/` });

/** Every service the sandbox answers for, with the protocols that AWS serves it in. */
export const serviceInfo = {
  sagemaker: service(["sagemaker", "sagemaker", "sagemaker", "2017-07-24", "SageMaker"], ["json"]),
  runtime: service(
    ["sagemaker-runtime", "sagemaker", "sagemakerruntime", "2017-05-13", "AmazonSageMakerRuntime"],
    ["restJson"],
  ),
  cloudwatch: service(
    ["cloudwatch", "monitoring", "cloudwatch", "2010-08-01", "GraniteServiceVersion20100801"],
    ["cbor", "json", "query"],
    { queryCompatible: true, ...docs("monitoring", "2010-08-01") },
  ),
  autoscaling: service(
    [
      "application-autoscaling",
      "application-autoscaling",
      "applicationautoscaling",
      "2016-02-06",
      "AnyScaleFrontendService",
    ],
    ["json"],
  ),
  cloudformation: service(
    ["cloudformation", "cloudformation", "cloudformation", "2010-05-15", "CloudFormation"],
    ["query"],
    docs("cloudformation", "2010-05-15"),
  ),
  s3: service(["s3", "s3", "s3", "2006-03-01", "AmazonS3"], ["restXml"], {
    ...docs("s3", "2006-03-01"),
    unwrappedXml: ["GetBucketLocation"],
  }),
  sts: service(["sts", "sts", "sts", "2011-06-15", "AWSSecurityTokenServiceV20110615"], ["query"], {
    xmlNamespace: "https://sts.amazonaws.com/doc/2011-06-15/",
  }),
  lambda: service(["lambda", "lambda", "lambda", "2015-03-31", "AWSGirApiService"], ["restJson"]),
  apigateway: service(
    ["apigateway", "apigateway", "apigateway", "2015-07-09", "BackplaneControlService"],
    ["restJson"],
  ),
  amplify: service(["amplify", "amplify", "amplify", "2017-07-25", "Amplify"], ["restJson"]),
  logs: service(["logs", "logs", "cloudwatchlogs", "2014-03-28", "Logs_20140328"], ["json"], {
    validationCode: "InvalidParameterException",
  }),
  scheduler: service(["scheduler", "scheduler", "scheduler", "2021-06-30", "AWSChronosService"], ["restJson"]),
  iam: service(["iam", "iam", "iam", "2010-05-08", "AWSIdentityManagementV20100508"], ["query"], {
    xmlNamespace: "https://iam.amazonaws.com/doc/2010-05-08/",
  }),
} as const satisfies Record<string, ServiceInfo>;
