/** Input that a run cannot start from: `message` names the thing, `hint` the way out. */
export class LoadInputError extends Error {
  readonly code = "LoadInput";
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.name = "LoadInputError";
    this.hint = hint;
  }
}
