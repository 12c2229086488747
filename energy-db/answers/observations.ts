import { type Kernel, kernelFamily, kernelKey } from "../../src/network/kernel.ts";
import { median, medianAbsoluteDeviation } from "../../src/statistics.ts";
import { groupBy } from "../group-by.ts";
import type { StoredKernelMeasurement } from "../read-kernels.ts";
import type { KernelLatency, QualityFlag } from "../records.ts";

/** One kernel with everything measured of it drawn together. */
export interface MeasuredKernel {
  readonly kernel: Kernel;
  readonly key: string;
  readonly family: string;
  /** Weighted median over the observations: flagged ones count less. */
  readonly latency_s: number;
  /** Half of the 95 % interval as a fraction of the latency. */
  readonly relativeHalfWidth: number;
  readonly observations: number;
  readonly flags: readonly QualityFlag[];
  /** Ids of the measurement rows. */
  readonly rows: readonly number[];
}

const flagWeights: { readonly [F in QualityFlag]: number } = {
  drift: 0.25,
  busy: 0.25,
  throttled: 0.25,
  outliers: 0.5,
  "target-ci-missed": 0.5,
  "coarse-timer": 0.5,
  superseded: 0.25,
  "below-resolution": 0.5,
};

/**
 * Draws the rows of each kernel together. A kernel does not take the same time in every network, so its
 * interval has two parts: that of the measurements, and the spread between networks, pooled over all
 * kernels seen in three or more. Rows of zero seconds (below the timer's step) are no measurement of a cost.
 */
export function drawTogether(rows: readonly StoredKernelMeasurement[]): readonly MeasuredKernel[] {
  const usable = rows.filter(({ latency }) => latency.latency_s > 0);
  const groups = [...groupBy(usable, ({ kernel }) => kernelKey(kernel))];
  const spread = spreadBetweenNetworks(groups.map(([, group]) => group));
  return groups.flatMap(([key, group]) => {
    const [first] = group;
    if (!first) return [];
    const latency_s = weightedMedian(
      group.map(({ latency, flags }) => ({ value: latency.latency_s, weight: weightOf(flags) })),
    );
    const own = median(group.map(({ latency }) => halfWidth(latency) / latency.latency_s));
    return [
      {
        kernel: first.kernel,
        key,
        family: kernelFamily(first.kernel),
        latency_s,
        relativeHalfWidth: Math.hypot(own, 1.96 * spread) / Math.sqrt(group.length),
        observations: group.length,
        flags: [...new Set(group.flatMap(({ flags }) => flags))].sort(),
        rows: group.map(({ id }) => id),
      },
    ];
  });
}

/** An import without an interval claims none. */
const halfWidth = ({ latency_s, low_s = latency_s, high_s = latency_s }: KernelLatency): number =>
  (high_s - low_s) / 2;

const weightOf = (flags: readonly QualityFlag[]): number =>
  flags.reduce((weight, flag) => weight * flagWeights[flag], 1);

/** Relative standard deviation of one kernel's time from network to network, robustly pooled. */
function spreadBetweenNetworks(groups: readonly (readonly StoredKernelMeasurement[])[]): number {
  const deviations = groups
    .filter((group) => group.length >= 3)
    .flatMap((group) => {
      const times = group.map(({ latency }) => latency.latency_s);
      const centre = median(times);
      // A median of n follows its own samples; the factor makes up for it.
      const correction = Math.sqrt(times.length / (times.length - 1));
      return times.map((time) => (time / centre - 1) * correction);
    });
  return deviations.length === 0 ? 0 : 1.4826 * medianAbsoluteDeviation(deviations);
}

/** The value at half of the total weight; the mean of two where the weight splits exactly between them. */
export function weightedMedian(
  items: readonly { readonly value: number; readonly weight: number }[],
): number {
  const sorted = [...items].sort((a, b) => a.value - b.value);
  const half = sorted.reduce((sum, { weight }) => sum + weight, 0) / 2;
  let passed = 0;
  for (const [i, { value, weight }] of sorted.entries()) {
    passed += weight;
    if (Math.abs(passed - half) < 1e-12) return (value + (sorted[i + 1]?.value ?? value)) / 2;
    if (passed > half) return value;
  }
  throw new Error("The median of nothing");
}
