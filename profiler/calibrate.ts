import {
  type Calibration,
  type CostTable,
  type EnergyTable,
  loadCosts,
  type StoredNetworkMeasurement,
} from "../energy-db/index.ts";
import { kernelsOf } from "../src/network/kernel.ts";
import { quantile } from "../src/statistics.ts";

/** latency = overhead_s + slope x sum of kernel times. */
export interface Line {
  readonly overhead_s: number;
  readonly slope: number;
}

/** A network's measured latency and the sum of its kernels' times, s. */
interface Point {
  readonly sum_s: number;
  readonly latency_s: number;
}

/**
 * The line through the design networks by least relative absolute deviations (iteratively reweighted):
 * a network measured in a bad moment must not tilt it. The overhead is never negative: a call costs time.
 */
export function fitLine(measured: readonly StoredNetworkMeasurement[]): Line {
  const points = measured.map(pointOf);
  let line = weightedLine(
    points,
    points.map(() => 1),
  );
  for (let round = 0; round < 30; round++) {
    const weights = points.map((point) => 1 / Math.max(1e-3, relativeError(line, point)));
    line = weightedLine(points, weights);
  }
  return line;
}

const pointOf = ({ latency, kernels }: StoredNetworkMeasurement): Point => ({
  latency_s: latency.floor.latency_s,
  sum_s: kernels.reduce((sum, kernel) => sum + kernel.latency.latency_s, 0),
});

const relativeError = ({ overhead_s, slope }: Line, { sum_s, latency_s }: Point): number =>
  Math.abs(overhead_s + slope * sum_s - latency_s) / latency_s;

/** Weighted least squares of relative residuals: 1 = overhead / latency + slope x sum / latency. */
function weightedLine(points: readonly Point[], weights: readonly number[]): Line {
  const total = { oo: 0, os: 0, ss: 0, o: 0, s: 0 };
  for (const [i, { sum_s, latency_s }] of points.entries()) {
    const weight = weights[i] ?? 0;
    const [o, s] = [1 / latency_s, sum_s / latency_s];
    total.oo += weight * o * o;
    total.os += weight * o * s;
    total.ss += weight * s * s;
    total.o += weight * o;
    total.s += weight * s;
  }
  const determinant = total.oo * total.ss - total.os * total.os;
  const overhead_s = (total.o * total.ss - total.s * total.os) / determinant;
  // One network, or all alike: only the slope can be told.
  if (!(determinant > 1e-9 * total.oo * total.ss) || overhead_s < 0)
    return { overhead_s: 0, slope: total.s / total.ss };
  return { overhead_s, slope: (total.s * total.oo - total.o * total.os) / determinant };
}

/**
 * Fits the line on a platform's design networks and judges it on the held-out ones, by the table's own answers.
 * Undefined while there are too few of either.
 */
export function calibrate(
  table: EnergyTable,
  platformId: number,
  space: string,
): Calibration | undefined {
  const design = table.networkMeasurements(platformId, { role: "design", space });
  if (design.length < fewestNetworks) return undefined;
  const line = fitLine(design);
  const costs = loadCosts(table, platformId, { space });
  const errors = table
    .networkMeasurements(platformId, { role: "held-out", space })
    .flatMap((network) => heldOutError(costs, line, network) ?? []);
  if (errors.length === 0) return undefined;
  return {
    space,
    ...line,
    designNetworks: design.length,
    heldOutNetworks: errors.length,
    medianError: quantile([...errors], 0.5),
    p90Error: quantile([...errors], 0.9),
  };
}

/** A line has two ends; fewer networks than this leave it to chance. */
const fewestNetworks = 4;

/** |predicted - measured| / measured; undefined where the table has no answer yet. */
function heldOutError(
  costs: CostTable,
  { overhead_s, slope }: Line,
  { network, batch, latency }: StoredNetworkMeasurement,
): number | undefined {
  const answers = kernelsOf(network, { batch }).map(({ kernel }) => costs.tryCost(kernel));
  if (answers.includes(undefined)) return undefined;
  // The table's answers hold the slope of the calibration before this one.
  const sum_s = answers.reduce((sum, answer) => sum + (answer?.latency_s ?? 0), 0);
  const predicted_s = overhead_s + (slope * sum_s) / (costs.calibration?.slope ?? 1);
  return Math.abs(predicted_s / latency.floor.latency_s - 1);
}
