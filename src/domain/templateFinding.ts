/** Something that is wrong, or doubtful, in a template. Lines and columns count from 1. */
export interface TemplateFinding {
  severity: "error" | "warning" | "info";
  message: string;
  /** Who says so, and by which rule: `cfn-lint E3012`. */
  source: string;
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
}
