/** A model file or archive that cannot be served; the message names the part at fault and the way out. */
export class ModelFileError extends Error {
  override readonly name = "ModelFileError";
}
