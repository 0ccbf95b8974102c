import { type ModelImage, parseImageUri } from "../domain/modelImages.ts";

/** What a project's template has in its own way. */
export interface TemplateVariant {
  /** The project's name, for descriptions. */
  name: string;
  /** The image that AWS publishes, or the URI of one's own in ECR. */
  image: ModelImage | string;
  /** Where the artifact stays, when it is not uploaded by the project. */
  modelUri?: string;
  /** The archive holds code/inference.py, which the container has to be told. */
  hasCode: boolean;
  /** Invocations per instance and minute to begin with, where the wine model's do not fit. */
  targetPerMinute?: number;
}

/**
 * The template of another project, made from that of the wine project: there is one template to maintain. Each place that
 * differs is looked for by its text, so that a template that was changed without this file fails here and in the tests.
 * @throws Error naming the text that is not there exactly once
 */
export function deriveTemplate(wine: string, variant: TemplateVariant): string {
  const { name, image, modelUri, hasCode, targetPerMinute } = variant;
  const edits: [string | RegExp, string][] = [
    [
      /Description: >-\n {2}The wine project:[^\n]*\n[^\n]*\n/,
      `Description: >-\n  ${name}: a model on an autoscaled SageMaker endpoint, a prediction API (Lambda behind API Gateway) and a web page\n  (Amplify).\n`,
    ],
    ["Description: Checks a wine's features and asks the endpoint for its class.", "Description: Asks the endpoint."],
    ["Description: Predicts the class of a wine.", `Description: Asks the model of ${name}.`],
    ["Description: The page that asks for a wine's class.", `Description: The page that asks the model of ${name}.`],
    ["# --- the API: POST /DummyStage/DT -", "# --- the API: POST /v1/predict -----"],
    ["PathPart: DT", "PathPart: predict"],
    ["StageName: DummyStage", "StageName: v1"],
    ["/*/POST/DT", "/*/POST/predict"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own form of a reference
    ["${StaticPageBucket.RegionalDomainName}/wine.html", "$${StaticPageBucket.RegionalDomainName}/index.html"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own form of a reference
    ["/${ApiStage}/DT", "/${ApiStage}/predict"],
    ...(typeof image === "string" ? ownImageEdits(image) : publishedImageEdits(image)),
    ...(modelUri === undefined ? [] : artifactEdits(modelUri)),
  ];
  if (hasCode)
    edits.push([
      /(\n {8}ModelDataUrl: [^\n]*\n)/,
      "$1        Environment:\n          SAGEMAKER_PROGRAM: inference.py\n          SAGEMAKER_SUBMIT_DIRECTORY: /opt/ml/model/code\n",
    ]);
  if (targetPerMinute !== undefined) edits.push(["Default: 15000\n", `Default: ${targetPerMinute}\n`]);
  return edits.reduce((text, [from, to]) => replaceOnce(text, from, to), wine);
}

/** Another repository, with the accounts that publish it. */
function publishedImageEdits({ label, repository, tag, registries }: ModelImage): [string | RegExp, string][] {
  const accounts = Object.entries(registries).map(
    ([region, account]) => `    ${region}:\n      Account: "${account}"\n`,
  );
  return [
    ["empty takes SageMaker's XGBoost 1.7-1.", `empty takes ${label} of AWS.`],
    ["publish the XGBoost image, by region (version 1.7-1, commercial regions)", "publish the image, by region"],
    [/ {2}XgboostRegistry:\n(?: {4}[a-z0-9-]+:\n {6}Account: "\d{12}"\n)+/, `  ImageRegistry:\n${accounts.join("")}`],
    ["repository/sagemaker-xgboost\n", `repository/${repository}\n`],
    ["/sagemaker-xgboost:1.7-1\n", `/${repository}:${tag}\n`],
    [
      /XgboostRegistry, !Ref "AWS::Region", Account\](?=[\s\S]*XgboostRegistry)/,
      'ImageRegistry, !Ref "AWS::Region", Account]',
    ],
    ["[XgboostRegistry,", "[ImageRegistry,"],
    ["UsesXgboostImage: !Equals", "UsesPublishedImage: !Equals"],
    [/- UsesXgboostImage(?=[\s\S]*- UsesXgboostImage)/, "- UsesPublishedImage"],
    ["- UsesXgboostImage", "- UsesPublishedImage"],
  ];
}

/** An image of one's own needs no table of accounts; the role may pull that repository only. */
function ownImageEdits(uri: string): [string | RegExp, string][] {
  const { account, region, repository } = parseImageUri(uri);
  const escaped = repository.replace(/[.]/g, "\\.");
  return [
    ["Inference image in ECR of this region; empty takes SageMaker's XGBoost 1.7-1.", `Image of ${repository} in ECR.`],
    [
      /(ModelImage:\n[\s\S]*?)Default: ""\n {4}AllowedPattern: [^\n]*\n {4}ConstraintDescription: [^\n]*\n/,
      `$1Default: ${uri}\n    AllowedPattern: '^${account}\\.dkr\\.ecr\\.${region}\\.amazonaws\\.com/${escaped}[:@].+$$'\n    ConstraintDescription: must be an image of this repository, with a tag or a digest\n`,
    ],
    [/Mappings:\n[\s\S]*?\nConditions:/, "Conditions:"],
    [/ {2}UsesXgboostImage: [^\n]*\n/, ""],
    [
      /Resource: !If\n {18}- UsesXgboostImage\n[\s\S]*?(?=\n {14}- Sid: LogInToRegistry)/,
      "Resource: !Sub arn:$${AWS::Partition}:ecr:REGION:ACCOUNT:repository/REPOSITORY"
        .replace("REGION", region)
        .replace("ACCOUNT", account)
        .replace("REPOSITORY", repository),
    ],
    [/Image: !If\n {10}- UsesXgboostImage\n[\s\S]*?- !Ref ModelImage\n/, "Image: !Ref ModelImage\n"],
  ];
}

/** The artifact stays where it is: its URI takes the place of the uploaded key. */
function artifactEdits(uri: string): [string | RegExp, string][] {
  return [
    ["[ArtifactBucket, ModelKey, LambdaKey", "[ArtifactBucket, ModelDataUrl, LambdaKey"],
    [
      /ModelKey:\n {4}Type: String\n {4}Description: [^\n]*\n {4}MinLength: 1\n/,
      `ModelDataUrl:\n    Type: String\n    Description: The model's artifact in S3, in this region.\n    Default: ${uri}\n    AllowedPattern: '^s3://[^/]+/.+$$'\n    ConstraintDescription: must be s3://BUCKET/KEY\n`,
    ],
    [
      /Resource:\n {18}- !Sub arn:\$\{AWS::Partition\}:s3:::\$\{ArtifactBucket\}\/\$\{ModelKey\}\n {18}#[^\n]*\n[^\n]*\n/,
      'Resource: !Sub\n                  - arn:$${AWS::Partition}:s3:::$${Object}\n                  - Object: !Select [1, !Split ["s3://", !Ref ModelDataUrl]]\n',
    ],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own form of a reference
    ["ModelDataUrl: !Sub s3://${ArtifactBucket}/${ModelKey}", "ModelDataUrl: !Ref ModelDataUrl"],
  ];
}

function replaceOnce(text: string, from: string | RegExp, to: string): string {
  const count =
    typeof from === "string" ? text.split(from).length - 1 : [...text.matchAll(new RegExp(from, "g"))].length;
  if (count !== 1) throw new Error(`The wine template has ${count} places, not one, of ${from}`);
  // In a string's replacement as in that of an expression "$$" is "$".
  return text.replace(from, to);
}
