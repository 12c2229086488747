import { dot, type Markish, ruleX, ruleY } from "@observablehq/plot";
import type { AxisUnit } from "./axis-unit.ts";
import type { NamedPlace } from "./names.ts";
import { palette } from "./palette.ts";
import type { Provenance, Reading } from "./rows.ts";

/** A point ready to draw, in shown units. */
export interface Point {
  readonly x: number;
  readonly y: number;
  /** Shown when the pointer rests on it. */
  readonly tip: string;
}

/** Filled for what a device showed, hollow for what was computed. */
export const isMeasured = (provenance: Provenance): boolean =>
  provenance === "measured" || provenance === "derived" || provenance === "simulated";

export interface DotStyle {
  readonly r?: number;
  /** Moves the dots sideways, in pixels. */
  readonly dx?: number;
}

export const filledDots = (
  points: readonly Point[],
  colour: string,
  style: DotStyle = {},
): Markish => dot(points, { ...dotChannels, r: 4, fill: colour, stroke: palette.paper, ...style });

export const hollowDots = (
  points: readonly Point[],
  colour: string,
  style: DotStyle = {},
): Markish =>
  dot(points, {
    ...dotChannels,
    r: 3.5,
    fill: palette.paper,
    stroke: colour,
    strokeWidth: 1.75,
    ...style,
  });

export const squares = (points: readonly Point[], colour: string): Markish =>
  dot(points, { ...dotChannels, r: 4, symbol: "square", fill: colour, stroke: palette.paper });

const hollowSymbols =
  (symbol: "square" | "diamond") =>
  (points: readonly Point[], colour: string): Markish =>
    dot(points, {
      ...dotChannels,
      symbol,
      r: 4,
      fill: palette.paper,
      stroke: colour,
      strokeWidth: 1.75,
    });

export const hollowSquares = hollowSymbols("square");
export const diamonds = hollowSymbols("diamond");

/** A point with a name beside it. */
export type NamedPoint = Point & NamedPlace;

const dotChannels = { x: "x", y: "y", title: "tip" } as const;

/** Interval of a reading in shown units; the value itself where there is none. */
export function shownInterval({ value, low = value, high = value }: Reading, { factor }: AxisUnit) {
  return { low: low / factor, high: high / factor };
}

/** A limit at x with everything beyond it out of reach. */
export const limitAt = (x: number): Markish =>
  ruleX([x], { stroke: palette.limit, strokeDasharray: "5,3", strokeWidth: 1.5 });

export const baseline = (): Markish => ruleY([0], { stroke: "currentColor", strokeOpacity: 0.4 });

/** Room around the values on both sides; a single value gets room too. */
export function paddedDomain(values: readonly number[], padding = 0.08): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low || Math.abs(high) || 1) * padding;
  return [low - room, high + room];
}

/** Two decimals: late rounds differ by hundredths of a percent. */
export const formatAccuracy = (fraction: number): string => `${(fraction * 100).toFixed(2)} %`;
