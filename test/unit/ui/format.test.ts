import assert from "node:assert/strict";
import { after, test } from "node:test";
import { localStamp } from "../../../src/ui/format.ts";

const { TZ } = process.env;
after(() => {
  if (TZ === undefined) delete process.env.TZ;
  else process.env.TZ = TZ;
});

test("a line's time is local, as that of the charts, and still a moment", () => {
  const atMs = Date.UTC(2026, 0, 5, 12, 0, 0, 250);
  for (const [zone, stamp] of [
    ["UTC", "2026-01-05T12:00:00.250+00:00"],
    ["Europe/Berlin", "2026-01-05T13:00:00.250+01:00"],
    ["Asia/Kolkata", "2026-01-05T17:30:00.250+05:30"],
    ["America/St_Johns", "2026-01-05T08:30:00.250-03:30"],
  ] as const) {
    process.env.TZ = zone;
    assert.equal(localStamp(atMs), stamp);
    assert.equal(Date.parse(stamp), atMs);
  }
});
