/** A moment in UTC for names of files and resources, which then sort by time: `20261122-140302`. */
export function timeStamp(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
}
