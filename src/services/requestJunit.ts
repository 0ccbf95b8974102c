import type { FailedExpectation } from "../domain/predictFile.ts";
import { xmlAttribute, xmlText } from "../loadtest/exchange/junit.ts";

/** What came of a saved request. */
export interface RequestResult {
  file: string;
  line: number;
  name: string;
  latencyMs: number;
  /** Absent: nothing was answered. */
  status?: number;
  failed: FailedExpectation[];
  /** Why it could not be sent. */
  error?: string;
}

/** Saved requests as a JUnit report: a suite for each file, a case for each request, at its line. */
export function requestsJunit(results: readonly RequestResult[]): string {
  const files = [...new Set(results.map(({ file }) => file))];
  const suites = files.map((file) =>
    suite(
      file.replaceAll("\\", "/"),
      results.filter((each) => each.file === file),
    ),
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="saved requests" ${counts(results)}>`,
    ...suites,
    "</testsuites>",
    "",
  ].join("\n");
}

/** An expectation that does not hold, at its place. @param line of the request, for one that was not written down */
export function failureText(file: string, line: number, failed: FailedExpectation): string {
  return `${file}:${failed.line ?? line}: expected ${failed.expected}, was ${failed.seen}`;
}

function counts(results: readonly RequestResult[]): string {
  const failures = results.filter(({ failed }) => failed.length > 0).length;
  const errors = results.filter(({ error }) => error !== undefined).length;
  const seconds = results.reduce((sum, { latencyMs }) => sum + latencyMs, 0) / 1000;
  return `tests="${results.length}" failures="${failures}" errors="${errors}" time="${seconds.toFixed(3)}"`;
}

function suite(file: string, results: readonly RequestResult[]): string {
  const name = xmlAttribute(file);
  const cases = results.map(({ name: request, line, latencyMs, failed, error }) => {
    const open = `    <testcase classname="${name}" name="${xmlAttribute(request)}" file="${name}" line="${line}" time="${(latencyMs / 1000).toFixed(3)}"`;
    const said = failed.map((each) => failureText(file, line, each));
    const [first] = failed;
    if (error !== undefined) return `${open}><error message="${xmlAttribute(error)}" type="not sent"/></testcase>`;
    if (!first) return `${open}/>`;
    const message = xmlAttribute(`${first.expected}, was ${first.seen}`);
    return `${open}><failure message="${message}" type="expectation">${xmlText(said.join("\n"))}</failure></testcase>`;
  });
  return [`  <testsuite name="${name}" ${counts(results)}>`, ...cases, "  </testsuite>"].join("\n");
}
