import * as l10n from "@vscode/l10n";
import { OpsError } from "./errors.ts";

/** What a project can be made from: a framework whose inference image AWS publishes, or an image of one's own. */
export const frameworks = ["xgboost", "sklearn", "pytorch", "tensorflow", "huggingface", "image"] as const;
export type Framework = (typeof frameworks)[number];

/** An inference image that AWS publishes; the account that holds it differs by region. */
export interface ModelImage {
  /** What people call it, with its version. */
  label: string;
  repository: string;
  tag: string;
  /** AWS accounts by region. */
  registries: Readonly<Record<string, string>>;
}

/*
 * Facts of aws/sagemaker-python-sdk (sagemaker-core, image_uri_config: xgboost.json, sklearn.json, pytorch.json,
 * tensorflow.json, huggingface.json), read in November 2026: commercial regions only. The SDK composes its tags from
 * version, processor, Python and container version as they stand here.
 */

/** Accounts of the images that SageMaker itself maintains: XGBoost and scikit-learn. */
const SAGEMAKER_REGISTRIES: Readonly<Record<string, string>> = {
  "af-south-1": "510948584623",
  "ap-east-1": "651117190479",
  "ap-northeast-1": "354813040037",
  "ap-northeast-2": "366743142698",
  "ap-northeast-3": "867004704886",
  "ap-south-1": "720646828776",
  "ap-south-2": "628508329040",
  "ap-southeast-1": "121021644041",
  "ap-southeast-2": "783357654285",
  "ap-southeast-3": "951798379941",
  "ap-southeast-4": "106583098589",
  "ca-central-1": "341280168497",
  "ca-west-1": "190319476487",
  "eu-central-1": "492215442770",
  "eu-central-2": "680994064768",
  "eu-north-1": "662702820516",
  "eu-south-1": "978288397137",
  "eu-south-2": "104374241257",
  "eu-west-1": "141502667606",
  "eu-west-2": "764974769150",
  "eu-west-3": "659782779980",
  "il-central-1": "898809789911",
  "me-central-1": "272398656194",
  "me-south-1": "801668240914",
  "sa-east-1": "737474898029",
  "us-east-1": "683313688378",
  "us-east-2": "257758044811",
  "us-west-1": "746614075791",
  "us-west-2": "246618743249",
};

/** Accounts of the deep-learning images. */
const DEEP_LEARNING_REGISTRIES: Readonly<Record<string, string>> = {
  "af-south-1": "626614931356",
  "ap-east-1": "871362719292",
  "ap-east-2": "975050140332",
  "ap-northeast-1": "763104351884",
  "ap-northeast-2": "763104351884",
  "ap-northeast-3": "364406365360",
  "ap-south-1": "763104351884",
  "ap-south-2": "772153158452",
  "ap-southeast-1": "763104351884",
  "ap-southeast-2": "763104351884",
  "ap-southeast-3": "907027046896",
  "ap-southeast-4": "457447274322",
  "ap-southeast-5": "550225433462",
  "ap-southeast-6": "633930458069",
  "ap-southeast-7": "590183813437",
  "ca-central-1": "763104351884",
  "ca-west-1": "204538143572",
  "eu-central-1": "763104351884",
  "eu-central-2": "380420809688",
  "eu-north-1": "763104351884",
  "eu-south-1": "692866216735",
  "eu-south-2": "503227376785",
  "eu-west-1": "763104351884",
  "eu-west-2": "763104351884",
  "eu-west-3": "763104351884",
  "il-central-1": "780543022126",
  "me-central-1": "914824155844",
  "me-south-1": "217643126080",
  "mx-central-1": "637423239942",
  "sa-east-1": "763104351884",
  "us-east-1": "763104351884",
  "us-east-2": "763104351884",
  "us-west-1": "763104351884",
  "us-west-2": "763104351884",
};

/** Regions that have deep-learning images, but not those of Hugging Face. */
const WITHOUT_HUGGING_FACE = new Set([
  "ap-east-2",
  "ap-southeast-5",
  "ap-southeast-6",
  "ap-southeast-7",
  "mx-central-1",
]);

const images: Readonly<Record<Exclude<Framework, "image">, ModelImage>> = {
  xgboost: {
    label: "XGBoost 1.7-1",
    repository: "sagemaker-xgboost",
    tag: "1.7-1",
    registries: SAGEMAKER_REGISTRIES,
  },
  sklearn: {
    label: "scikit-learn 1.2-1",
    repository: "sagemaker-scikit-learn",
    tag: "1.2-1-cpu-py3",
    registries: SAGEMAKER_REGISTRIES,
  },
  pytorch: {
    label: "PyTorch 2.6.0",
    repository: "pytorch-inference",
    tag: "2.6.0-cpu-py312",
    registries: DEEP_LEARNING_REGISTRIES,
  },
  tensorflow: {
    label: "TensorFlow 2.19.0",
    repository: "tensorflow-inference",
    tag: "2.19.0-cpu",
    registries: DEEP_LEARNING_REGISTRIES,
  },
  huggingface: {
    label: "Hugging Face Transformers 4.49.0 on PyTorch 2.6.0",
    repository: "huggingface-pytorch-inference",
    tag: "2.6.0-transformers4.49.0-cpu-py312-ubuntu22.04",
    registries: Object.fromEntries(
      Object.entries(DEEP_LEARNING_REGISTRIES).filter(([region]) => !WITHOUT_HUGGING_FACE.has(region)),
    ),
  },
};

/** The image of a framework. */
export function imageOf(framework: Exclude<Framework, "image">): ModelImage {
  return images[framework];
}

/**
 * The image's URI in a region.
 * @throws OpsError badInput when AWS does not publish it there
 */
export function imageUri({ label, repository, tag, registries }: ModelImage, region: string): string {
  const account = Object.hasOwn(registries, region) ? registries[region] : undefined;
  if (account === undefined)
    throw new OpsError(
      "badInput",
      l10n.t("AWS publishes no {0} image in {1}, as far as this version knows.", label, region),
      {
        hint: l10n.t(
          "Known regions: {0}. Or give the URI of an image of your own.",
          Object.keys(registries).join(", "),
        ),
      },
    );
  return `${account}.dkr.ecr.${region}.amazonaws.com/${repository}:${tag}`;
}

/** The parts of an image's URI in ECR: `ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY[:TAG|@DIGEST]`. */
export interface ImageUri {
  account: string;
  region: string;
  repository: string;
}

const ECR_URI =
  /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com\/([a-z0-9]+(?:[._/-][a-z0-9]+)*)(:[\w.-]{1,128}|@sha256:[0-9a-f]{64})$/;

/** Takes an image's URI apart. @throws OpsError badInput for anything that SageMaker could not pull from ECR */
export function parseImageUri(uri: string): ImageUri {
  const [, account, region, repository] = ECR_URI.exec(uri) ?? [];
  if (!account || !region || !repository)
    throw new OpsError("badInput", l10n.t('"{0}" is not the URI of an image in ECR with a tag or a digest.', uri), {
      hint: l10n.t("Give it as ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG."),
    });
  return { account, region, repository };
}
