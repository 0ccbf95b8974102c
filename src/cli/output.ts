import { createInterface } from "node:readline/promises";
import { describeOpsError, OpsError, type OpsErrorCode } from "../domain/errors.ts";

/** Where a command writes: with `json` one document on stdout at its end, and the progress on stderr. */
export class Output {
  constructor(readonly json: boolean) {}

  /** A line for people. */
  line(text: string): void {
    (this.json ? process.stderr : process.stdout).write(`${text}\n`);
  }

  /** The one document. */
  document(value: unknown): void {
    if (this.json) process.stdout.write(`${JSON.stringify(value)}\n`);
  }

  /**
   * Asks before something changes an account or sends load.
   * @throws OpsError badInput when there is nobody to ask; cancelled
   */
  async confirm(question: string, yes: boolean): Promise<void> {
    if (yes) return;
    if (!process.stdin.isTTY)
      throw new OpsError("badInput", `${question} There is no terminal to ask on.`, { hint: "Add --yes to agree." });
    const prompt = createInterface({ input: process.stdin, output: process.stderr });
    const answer = await prompt.question(`${question} [y/N] `).finally(() => prompt.close());
    if (!/^y(es)?$/i.test(answer.trim())) throw new OpsError("cancelled", "Nothing was done.");
  }
}

/** Asks on the terminal for the code of an MFA device. @throws OpsError credentials when there is nobody to ask */
export async function askForMfaCode(serial: string): Promise<string> {
  if (!process.stdin.isTTY)
    throw new OpsError(
      "credentials",
      `The profile needs a code of MFA device ${serial}, and there is no terminal to ask on.`,
      {
        hint: "Give session credentials in the environment instead.",
      },
    );
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  return (await prompt.question(`Code of MFA device ${serial}: `).finally(() => prompt.close())).trim();
}

/** Input and usage end with 2, jobs that failed with 1. */
const INPUT_CODES: ReadonlySet<OpsErrorCode> = new Set([
  "badInput",
  "notFound",
  "notConnected",
  "credentials",
  "conflict",
]);

/** Prints an error once, in words, and gives the exit code for it. */
export function reportError(error: OpsError, output: Output): number {
  process.stderr.write(`error: ${describeOpsError(error)}\n`);
  output.document({ error: { code: error.code, message: error.message, hint: error.hint } });
  return INPUT_CODES.has(error.code) ? 2 : 1;
}
