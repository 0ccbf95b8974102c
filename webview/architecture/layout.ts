import type { Architecture, ArchitecturePart } from "../../src/domain/architecture.ts";

/** Sizes in the picture's own units. */
export const BOX = { width: 168, height: 118 } as const;
const GAP = { along: 48, across: 20 } as const;
/** Between the boxes of a column, whose ways go down. */
const DOWN = 29;
const EDGE = 10;
/** Fewer steps stand in one row in every page that is not narrow. */
const LEAST_TO_WRAP = 4;

/** Where a part is drawn: the upper left corner of its box. */
export interface Place {
  part: ArchitecturePart;
  x: number;
  y: number;
}

/** One row in a wide page, two in one of middle width, a column in a narrow one. */
export type Form = "row" | "rows" | "column";

export interface Layout {
  width: number;
  height: number;
  places: Place[];
  form: Form;
}

const COLUMNS: Record<ArchitecturePart["kind"], number> = {
  web: 0,
  api: 1,
  function: 2,
  endpoint: 3,
  variant: 4,
  instances: 5,
};

/** Places the parts along the way of a request; what stands side by side is centred. Steps that are empty take no room. */
export function layOut({ parts }: Architecture, form: Form): Layout {
  const used = [...new Set(parts.map(({ kind }) => COLUMNS[kind]))].sort((a, b) => a - b);
  const steps = used.map((column) => parts.filter(({ kind }) => COLUMNS[kind] === column));
  if (form === "column") {
    const places = lineUp(steps, BOX.height + DOWN, BOX.width + GAP.across).map(({ part, along, across }) => ({
      part,
      x: EDGE + across,
      y: EDGE + along,
    }));
    return { ...sizeOf(places), places, form };
  }
  const perRow = form === "row" || steps.length < LEAST_TO_WRAP ? steps.length : Math.ceil(steps.length / 2);
  const places: Place[] = [];
  for (let first = 0, y = EDGE; first < steps.length; first += perRow) {
    const row = lineUp(steps.slice(first, first + perRow), BOX.width + GAP.along, BOX.height + GAP.across);
    places.push(...row.map(({ part, along, across }) => ({ part, x: EDGE + along, y: y + across })));
    y = sizeOf(places).height - EDGE + GAP.along;
  }
  return { ...sizeOf(places), places, form };
}

/** The steps one after another, the parts of a step beside one another around the middle of the widest step. */
function lineUp(steps: ArchitecturePart[][], stepSize: number, partSize: number) {
  const most = Math.max(1, ...steps.map(({ length }) => length));
  return steps.flatMap((step, s) =>
    step.map((part, i) => ({ part, along: s * stepSize, across: (i + (most - step.length) / 2) * partSize })),
  );
}

const sizeOf = (places: readonly Place[]) => ({
  width: Math.max(...places.map(({ x }) => x)) + BOX.width + EDGE,
  height: Math.max(...places.map(({ y }) => y)) + BOX.height + EDGE,
});

/** The line of a way, from the edge of one box to that of the next, with the middle for its label. */
export function wayPath(from: Place, to: Place, form: Form): { d: string; x: number; y: number } {
  if (form !== "column" && to.x > from.x) {
    const [x1, y1] = [from.x + BOX.width, from.y + BOX.height / 2];
    const [x2, y2] = [to.x - 5, to.y + BOX.height / 2];
    const mid = (x1 + x2) / 2;
    return { d: `M${x1} ${y1}C${mid} ${y1} ${mid} ${y2} ${x2} ${y2}`, x: mid, y: (y1 + y2) / 2 };
  }
  const [x1, y1] = [from.x + BOX.width / 2, from.y + BOX.height];
  const [x2, y2] = [to.x + BOX.width / 2, to.y - 5];
  // Into the next row between the rows, whatever stands beside the box that it leads to.
  const mid = form === "column" ? (y1 + y2) / 2 : y1 + GAP.along / 2;
  const d = form === "column" ? `C${x1} ${mid} ${x2} ${mid} ${x2} ${y2}` : `V${mid}H${x2}V${y2}`;
  return { d: `M${x1} ${y1}${d}`, x: (x1 + x2) / 2, y: mid };
}
