/** Name of the project file, at the root of a folder. In a file of its own: a window that looks for it needs no schema. */
export const PROJECT_FILE = "sagemaker-ops.json";
