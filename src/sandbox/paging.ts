import { WireError } from "./wire/types.ts";

/** One page of a list and the opaque token of the next. */
export interface Page<T> {
  items: T[];
  nextToken?: string;
}

/**
 * Cuts a list as AWS's paginated operations do.
 * @param invalidToken makes the service's own error for a token that the sandbox has not issued
 */
export function pageOf<T>(
  all: readonly T[],
  size: number,
  token: string | undefined,
  invalidToken: () => Error = () => new WireError("ValidationException", "Invalid pagination token."),
): Page<T> {
  let from = 0;
  if (token !== undefined && token !== "") {
    const text = /^o:(\d+)$/.exec(Buffer.from(token, "base64url").toString("latin1"))?.[1];
    if (text === undefined) throw invalidToken();
    from = Number(text);
  }
  const to = from + size;
  return {
    items: all.slice(from, to),
    nextToken: to < all.length ? Buffer.from(`o:${to}`).toString("base64url") : undefined,
  };
}
