import type { TimeSpan, TimeWindow } from "./timeWindow.ts";

/** One line of a chart. `color` is the name of a theme variable, e.g. `--vscode-charts-blue`. */
export interface SeriesSpec {
  label: string;
  color: string;
  dashed?: boolean;
  width?: number;
  /** Holds its value until the next point, as a number of instances does. */
  stepped?: boolean;
  fill?: boolean;
  format: (value: number) => string;
}

export interface ChartSpec {
  title: string;
  unit: string;
  log?: boolean;
  /** Only whole numbers on the axis. */
  whole?: boolean;
  /** The lines stand on one another: what is seen at the top is their sum. */
  stacked?: boolean;
  /** What is said instead of a picture while every figure is zero; lines of zeros are left out of the legend. */
  allZero?: string;
  series: SeriesSpec[];
  /** A moment of the time axis in words. */
  formatTime: (seconds: number) => string;
  /** What all charts of the page show of the time axis. */
  window: TimeWindow;
}

/** A moment to mark; `sign` is drawn at the top. */
export interface Mark {
  seconds: number;
  sign: string;
  text: string;
}

/** Numbers of a line by time; null is a gap. */
export type Values = readonly (number | null)[];

export interface ChartData {
  /** Of the time axis, which all charts of a page share, in seconds. */
  from: number;
  to: number;
  times: readonly number[];
  /** By series. */
  values: readonly Values[];
  marks: readonly Mark[];
  /** Stretches of time in which the figures say nothing. */
  bands?: readonly TimeSpan[];
}
