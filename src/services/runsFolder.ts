import path from "node:path";

/** Where a project keeps its runs, relative to its folder. Apart from what writes them, which is loaded late. */
export const RUNS_FOLDER = path.join(".sagemaker-ops", "runs");
