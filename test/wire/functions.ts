import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateFunctionCommand, type CreateFunctionCommandInput, LambdaClient } from "@aws-sdk/client-lambda";
import { strToU8, zipSync } from "fflate";
import type { TestSandbox } from "./sandbox.ts";

/** An archive of texts by their paths. */
export const zipOf = (files: Record<string, string>): Uint8Array =>
  zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])));

/** A role that a service may take. @returns its ARN */
export async function createRole(sandbox: TestSandbox, RoleName: string, service: string): Promise<string> {
  const iam = new IAMClient(sandbox.clientConfig());
  try {
    const Statement = [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }];
    const made = await iam.send(
      new CreateRoleCommand({
        RoleName,
        AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }),
      }),
    );
    return made.Role!.Arn!;
  } finally {
    iam.destroy();
  }
}

/** A function of one module, whose role is made with it. @returns its ARN */
export async function createFunction(
  sandbox: TestSandbox,
  FunctionName: string,
  source: string,
  more: Partial<CreateFunctionCommandInput> = {},
): Promise<string> {
  const lambda = new LambdaClient(sandbox.clientConfig());
  try {
    const Role = more.Role ?? (await createRole(sandbox, `${FunctionName}-role`, "lambda.amazonaws.com"));
    const made = await lambda.send(
      new CreateFunctionCommand({
        FunctionName,
        Role,
        Runtime: "nodejs22.x",
        Handler: "index.handler",
        Timeout: 10,
        Code: { ZipFile: zipOf({ "index.mjs": source }) },
        ...more,
      }),
    );
    return made.FunctionArn!;
  } finally {
    lambda.destroy();
  }
}
