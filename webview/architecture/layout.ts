import type { Architecture, ArchitecturePart } from "../../src/domain/architecture.ts";

/** Sizes in the picture's own units. */
export const BOX = { width: 168, height: 104 } as const;
const GAP = { along: 48, across: 20 } as const;
const EDGE = 10;

/** Where a part is drawn: the upper left corner of its box. */
export interface Place {
  part: ArchitecturePart;
  x: number;
  y: number;
}

export interface Layout {
  width: number;
  height: number;
  places: Place[];
  /** Along x in a wide page, along y in a narrow one. */
  isWide: boolean;
}

const COLUMNS: Record<ArchitecturePart["kind"], number> = {
  web: 0,
  api: 1,
  function: 2,
  endpoint: 3,
  variant: 4,
  instances: 5,
};

/** Places the parts along the way of a request; what stands side by side is centred. Columns that are empty take no room. */
export function layOut({ parts }: Architecture, isWide: boolean): Layout {
  const used = [...new Set(parts.map(({ kind }) => COLUMNS[kind]))].sort((a, b) => a - b);
  const columns = used.map((column) => parts.filter(({ kind }) => COLUMNS[kind] === column));
  const most = Math.max(1, ...columns.map((column) => column.length));
  const [along, across] = isWide ? [BOX.width, BOX.height] : [BOX.height, BOX.width];
  const gapAlong = isWide ? GAP.along : GAP.along * 0.6;
  const breadth = most * across + (most - 1) * GAP.across;
  const places = columns.flatMap((column, c) => {
    const start = EDGE + (breadth - (column.length * across + (column.length - 1) * GAP.across)) / 2;
    return column.map((part, i): Place => {
      const a = EDGE + c * (along + gapAlong);
      const b = start + i * (across + GAP.across);
      return isWide ? { part, x: a, y: b } : { part, x: b, y: a };
    });
  });
  const length = columns.length * along + Math.max(0, columns.length - 1) * gapAlong + 2 * EDGE;
  const across2 = breadth + 2 * EDGE;
  return isWide
    ? { width: length, height: across2, places, isWide }
    : { width: across2, height: length, places, isWide };
}

/** The line of a way, from the edge of one box to that of the next, with the middle for its label. */
export function wayPath(from: Place, to: Place, isWide: boolean): { d: string; x: number; y: number } {
  if (isWide) {
    const [x1, y1] = [from.x + BOX.width, from.y + BOX.height / 2];
    const [x2, y2] = [to.x - 5, to.y + BOX.height / 2];
    const mid = (x1 + x2) / 2;
    return { d: `M${x1} ${y1}C${mid} ${y1} ${mid} ${y2} ${x2} ${y2}`, x: mid, y: (y1 + y2) / 2 };
  }
  const [x1, y1] = [from.x + BOX.width / 2, from.y + BOX.height];
  const [x2, y2] = [to.x + BOX.width / 2, to.y - 5];
  const mid = (y1 + y2) / 2;
  return { d: `M${x1} ${y1}C${x1} ${mid} ${x2} ${mid} ${x2} ${y2}`, x: (x1 + x2) / 2, y: mid };
}
