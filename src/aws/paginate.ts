/** Follows the tokens of a paginated operation; at most `most` items, so that a huge account cannot flood memory. */
export async function collect<P, T>(
  page: (token: string | undefined) => Promise<P>,
  items: (page: P) => T[] | undefined,
  next: (page: P) => string | undefined,
  most = 10_000,
): Promise<T[]> {
  const all: T[] = [];
  let token: string | undefined;
  do {
    const answer = await page(token);
    all.push(...(items(answer) ?? []));
    token = next(answer);
  } while (token && all.length < most);
  return all;
}
