/** The filters and orders that SageMaker's List operations share. */
export interface ListFilters {
  NameContains?: string;
  CreationTimeAfter?: Date;
  CreationTimeBefore?: Date;
  LastModifiedTimeAfter?: Date;
  LastModifiedTimeBefore?: Date;
  SortBy?: string;
  SortOrder?: string;
}

interface Fields<T> {
  name: (item: T) => string;
  created: (item: T) => Date | undefined;
  modified: (item: T) => Date | undefined;
  status?: (item: T) => string;
}

const ms = (d: Date | undefined) => d?.getTime() ?? 0;

/** Filters and sorts; by default CreationTime, Descending (SageMaker API reference, ListEndpoints). */
export function sortSummaries<T>(items: T[], fields: Fields<T>, f: ListFilters): T[] {
  const kept = items.filter(
    (item) =>
      (f.NameContains === undefined || fields.name(item).includes(f.NameContains)) &&
      (!f.CreationTimeAfter || ms(fields.created(item)) > ms(f.CreationTimeAfter)) &&
      (!f.CreationTimeBefore || ms(fields.created(item)) < ms(f.CreationTimeBefore)) &&
      (!f.LastModifiedTimeAfter || ms(fields.modified(item)) > ms(f.LastModifiedTimeAfter)) &&
      (!f.LastModifiedTimeBefore || ms(fields.modified(item)) < ms(f.LastModifiedTimeBefore)),
  );
  const text = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  const order = (a: T, b: T): number => {
    if (f.SortBy === "Name") return text(fields.name(a), fields.name(b));
    if (f.SortBy === "Status" && fields.status) return text(fields.status(a), fields.status(b));
    return ms(fields.created(a)) - ms(fields.created(b));
  };
  const direction = (f.SortOrder ?? "Descending") === "Descending" ? -1 : 1;
  return kept.sort((a, b) => direction * order(a, b));
}
