/** The unit an axis shows: shown number = SI value / factor. */
export interface AxisUnit {
  readonly factor: number;
  readonly symbol: string;
}

const prefixes = [
  { factor: 1, prefix: "" },
  { factor: 1e-3, prefix: "m" },
  { factor: 1e-6, prefix: "µ" },
  { factor: 1e-9, prefix: "n" },
] as const;

/** The largest unit in which the greatest value is at least 1, so that tick labels stay short. */
export function axisUnit(values: Iterable<number>, unit: "s" | "J"): AxisUnit {
  let greatest = 0;
  for (const value of values) greatest = Math.max(greatest, Math.abs(value));
  const found = prefixes.find(({ factor }) => greatest >= factor) ?? prefixes[0];
  return { factor: found.factor, symbol: `${found.prefix}${unit}` };
}
