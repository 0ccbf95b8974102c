/** The SDK's client of each service that the sandbox covers, by the service's name in botocore. */
export const PACKAGES: Record<string, () => Promise<object>> = {
  sagemaker: () => import("@aws-sdk/client-sagemaker"),
  "sagemaker-runtime": () => import("@aws-sdk/client-sagemaker-runtime"),
  cloudwatch: () => import("@aws-sdk/client-cloudwatch"),
  "application-autoscaling": () => import("@aws-sdk/client-application-auto-scaling"),
  cloudformation: () => import("@aws-sdk/client-cloudformation"),
  s3: () => import("@aws-sdk/client-s3"),
  sts: () => import("@aws-sdk/client-sts"),
  lambda: () => import("@aws-sdk/client-lambda"),
  apigateway: () => import("@aws-sdk/client-api-gateway"),
  amplify: () => import("@aws-sdk/client-amplify"),
  logs: () => import("@aws-sdk/client-cloudwatch-logs"),
  scheduler: () => import("@aws-sdk/client-scheduler"),
  iam: () => import("@aws-sdk/client-iam"),
};
