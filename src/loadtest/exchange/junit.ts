import type { ExpectationResult, LoadRunReport } from "../../domain/loadRun.ts";

/**
 * The run as a JUnit report: each expectation is a test case, so that a CI shows which one failed and by how much.
 * In English everywhere: a CI knows a test case by its name. A run that was interrupted has an error. `file` is the plan's path as the CI should show it.
 */
export function reportJunit(report: LoadRunReport, file?: string): string {
  const { plan, expectations, startedAtMs, endedAtMs, interrupted, verdict } = report;
  const seconds = ((endedAtMs - startedAtMs) / 1000).toFixed(3);
  const name = xmlAttribute(`${plan.name} → ${report.target.name}`);
  const location = file === undefined ? "" : ` file="${xmlAttribute(file)}"`;
  const cases = expectations.map((result) => {
    const { name: expected, asked, measured } = expectationTexts(result);
    const open = `    <testcase classname="${name}" name="${xmlAttribute(`${expected} ${asked}`)}" time="${seconds}"${location}>`;
    const body = result.passed
      ? `<system-out>${xmlText(`measured ${measured}`)}</system-out>`
      : `<failure message="${xmlAttribute(`${expected} ${asked}: ${measured}`)}" type="expectation"/>`;
    return `${open}${body}</testcase>`;
  });
  if (interrupted) {
    const why = xmlAttribute(report.warnings[0] ?? "The run was stopped before its end.");
    cases.unshift(
      `    <testcase classname="${name}" name="runs to its end" time="${seconds}"${location}><error message="${why}" type="interrupted"/></testcase>`,
    );
  } else if (cases.length === 0) {
    cases.push(`    <testcase classname="${name}" name="runs to its end" time="${seconds}"${location}/>`);
  }
  const failures = expectations.filter((result) => !result.passed).length;
  const counts = `tests="${cases.length}" failures="${failures}" errors="${interrupted ? 1 : 0}"`;
  const stamp = new Date(startedAtMs).toISOString().slice(0, 19);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="load runs" ${counts} time="${seconds}">`,
    `  <testsuite name="${name}" ${counts} skipped="0" time="${seconds}" timestamp="${stamp}">`,
    "    <properties>",
    `      <property name="verdict" value="${xmlAttribute(verdict.sentence)}"/>`,
    `      <property name="run" value="${xmlAttribute(report.id)}"/>`,
    "    </properties>",
    ...cases,
    ...(report.warnings.length > 0 ? [`    <system-err>${xmlText(report.warnings.join("\n"))}</system-err>`] : []),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

/** XML 1.0 has no control characters but these three, not even escaped ones. */
const printable = (value: string) => value.replace(/\p{Cc}/gu, (char) => ("\t\n\r".includes(char) ? char : ""));

/** A value between XML's tags. */
export const xmlText = (value: string) =>
  printable(value).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
/** A value in double quotes. */
export const xmlAttribute = (value: string) =>
  xmlText(value)
    .replaceAll('"', "&quot;")
    .replace(/[\r\n\t]/g, " ");

/** As the reports' own words, in English whatever the editor speaks. */
function expectationTexts(result: ExpectationResult): { name: string; asked: string; measured: string } {
  const { name, stage, comparison, asked, measured, unit, reason } = result;
  const show = (value: number) => FIGURES[unit](value);
  return {
    name: stage === undefined ? name : `${name} in stage ${stage}`,
    asked: `${comparison === "atLeast" ? "≥" : "≤"} ${show(asked)}`,
    measured: measured === null ? `not measured: ${reason ?? "no data"}` : show(measured),
  };
}

const figure = (value: number, digits = 0) => value.toLocaleString("en-US", { maximumFractionDigits: digits });

const FIGURES: Record<ExpectationResult["unit"], (value: number) => string> = {
  ms: (value) => `${figure(value, value < 10 ? 1 : 0)} ms`,
  seconds: (value) => {
    const whole = Math.round(value);
    if (whole < 120) return `${value < 9.95 ? figure(value, 1) : whole} s`;
    return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
  },
  usd: (value) => `$${value.toFixed(value < 0.1 ? 4 : 2)}`,
  ratio: (value) => {
    const percent = value * 100;
    if (percent > 0 && percent < 0.01) return "< 0.01 %";
    return `${figure(percent < 100 ? Math.min(percent, 99.99) : percent, 2)} %`;
  },
  instances: (value) => figure(value),
};
