import { OpsError } from "../domain/errors.ts";
import { parseArguments } from "./arguments.ts";
import type { CliServices } from "./cliServices.ts";
import { abortOnInterrupt } from "./interrupt.ts";
import type { Output } from "./output.ts";

const options = { json: { type: "boolean", default: false }, profile: { type: "string" } } as const;

/** `sign-in`: a new session of a profile that uses IAM Identity Center. */
export async function runSignIn(args: string[], services: CliServices, output: Output): Promise<number> {
  const { values } = parseArguments(args, options);
  if (!values.profile) throw new OpsError("badInput", "sign-in takes a profile: sign-in --profile NAME");
  await services.connections.signInAgain(
    values.profile,
    ({ url, code }) => output.line(`Open ${url}\nand confirm that it shows the code ${code}`),
    abortOnInterrupt(),
  );
  output.line(`Signed in: the session of profile ${values.profile} is in the cache that the AWS CLI uses, too.`);
  output.document({ profile: values.profile, signedIn: true });
  return 0;
}
