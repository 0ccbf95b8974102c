import type { Booster } from "./booster.ts";
import { DecodeError, readCsv, readLibsvm } from "./containerInput.ts";
import { predictRows, type RowMatrix, TooManyColumnsError } from "./predict.ts";
import { pythonFloatText } from "./pythonText.ts";

/** A request to the container's `/invocations`, with the headers that reach it. */
export interface ContainerRequest {
  readonly body: Uint8Array;
  readonly contentType?: string | undefined;
  readonly accept?: string | undefined;
}

/** The container's HTTP answer. */
export interface ContainerResponse {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

// Flask's default; the container returns its errors as plain text under this type.
const ERROR_TYPE = "text/html; charset=utf-8";

const ACCEPTS = ["application/json", "application/jsonlines", "application/x-recordio-protobuf", "text/csv"];

type InputFormat = "csv" | "libsvm" | "recordio-protobuf" | "parquet";

// The order is that of the container's error text; parquet is known to it but not accepted for inference.
const INPUT_FORMATS: Record<string, InputFormat> = {
  csv: "csv",
  libsvm: "libsvm",
  parquet: "parquet",
  "recordio-protobuf": "recordio-protobuf",
  "text/csv": "csv",
  "text/libsvm": "libsvm",
  "text/x-libsvm": "libsvm",
  "application/x-parquet": "parquet",
  "application/x-recordio-protobuf": "recordio-protobuf",
};

/**
 * Answers a prediction request as SageMaker's XGBoost container 1.7-1 does in algorithm mode: it decodes (415), then
 * evaluates (400), then looks at the accept type (406).
 *
 * It differs in three points: RecordIO is refused, in a message that says so; XGBoost's messages come without their stack
 * trace; and `application/jsonlines` answers `{"score": …}` a row, where the container encodes it only together with its
 * SAGEMAKER_INFERENCE_OUTPUT setting.
 *
 * Source: aws/sagemaker-xgboost-container, branch 1.7-1; texts of numpy 1.24 and XGBoost 1.7.4.
 */
export function invokeContainer(booster: Booster, request: ContainerRequest): ContainerResponse {
  if (request.body.length === 0) return { status: 204, contentType: ERROR_TYPE, body: "" };
  const matrix = decodeBody(booster, request);
  if ("status" in matrix) return matrix;
  let values: Float32Array;
  try {
    values = predictRows(booster, matrix, booster.containerTrees);
  } catch (error) {
    if (!(error instanceof TooManyColumnsError)) throw error;
    const time = new Date().toISOString().slice(11, 19);
    return failure(
      400,
      `Unable to evaluate payload provided: [${time}] ../src/learner.cc:1510: Check failed: learner_model_param_.num_feature >= p_fmat->Info().num_col_ (${error.featureCount} vs. ${error.columns}) : Number of columns does not match number of features in booster.`,
    );
  }
  return encode(booster, values, request.accept);
}

function decodeBody(booster: Booster, request: ContainerRequest): RowMatrix | ContainerResponse {
  const given = request.contentType === "" ? undefined : request.contentType;
  const [type = "", ...parameters] = (given ?? "libsvm")
    .toLowerCase()
    .split(";")
    .map((part) => part.trim());
  const format = Object.hasOwn(INPUT_FORMATS, type) ? INPUT_FORMATS[type] : undefined;
  if (format === undefined) {
    return failure(415, `${given} is not an accepted ContentType: ${Object.keys(INPUT_FORMATS).join(", ")}.`);
  }
  const labelSize = parameters
    .find((parameter) => /^label_size\s*=/.test(parameter))
    ?.split("=")[1]
    ?.trim();
  if (format === "csv" && labelSize !== undefined && labelSize.replace(/^"(.*)"$/, "$1") !== "1") {
    return failure(
      415,
      `${given} is not an accepted csv ContentType. Optional parameter label_size must be equal to 1`,
    );
  }
  if (format === "parquet") return failure(415, `Content-type ${given} is not supported.`);
  if (format === "recordio-protobuf") {
    return failure(415, `The sandbox does not read ${given}, which SageMaker does. Send text/csv or text/libsvm.`);
  }
  try {
    return format === "csv" ? readCsv(request.body) : readLibsvm(request.body, booster.featureCount);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return failure(
      415,
      `Loading ${format} data failed with Exception, please ensure data is in ${format} format:\n <class '${error.pythonClass}'>\n ${error.message}`,
    );
  }
}

function encode(booster: Booster, values: Float32Array, asked: string | undefined): ContainerResponse {
  const accept = (asked ?? "").split(";")[0]!.trim();
  switch (accept === "" || accept === "*/*" ? "text/csv" : accept.toLowerCase()) {
    case "text/csv":
      return {
        status: 200,
        contentType: "text/csv; charset=utf-8",
        body: rowsOf(booster, values)
          .map((row) => `${row.join(",")}\n`)
          .join(""),
      };
    case "application/json": {
      const scores = rowsOf(booster, values).map((row) => score(booster, row));
      return { status: 200, contentType: "application/json", body: `{"predictions": [${scores.join(", ")}]}` };
    }
    case "application/jsonlines":
      return {
        status: 200,
        contentType: "application/jsonlines",
        body: rowsOf(booster, values)
          .map((row) => `${score(booster, row)}\n`)
          .join(""),
      };
    case "application/x-recordio-protobuf":
      return failure(
        406,
        `The sandbox does not write ${accept}. Accept text/csv, application/json or application/jsonlines.`,
      );
    default: {
      const known = ACCEPTS.map((type) => `'${type}'`).join(", ");
      return failure(406, `Accept type ${accept} is not supported. Please use supported accept types: [${known}].`);
    }
  }
}

/** The values of each row as Python writes them. */
function rowsOf(booster: Booster, values: Float32Array): string[][] {
  const rows: string[][] = [];
  for (let at = 0; at < values.length; at += booster.outputs) {
    rows.push(Array.from(values.subarray(at, at + booster.outputs), pythonFloatText));
  }
  return rows;
}

/** Probabilities of several classes are a list, everything else one number. */
function score(booster: Booster, row: readonly string[]): string {
  return `{"score": ${booster.objective === "multi:softprob" ? `[${row.join(", ")}]` : row[0]}}`;
}

function failure(status: number, body: string): ContainerResponse {
  return { status, contentType: ERROR_TYPE, body };
}
