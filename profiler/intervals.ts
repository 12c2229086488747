import { quantileSorted } from "simple-statistics";
import type { LatencyEstimate } from "../energy-db/index.ts";
import type { Random } from "../src/random.ts";
import { median, medianAbsoluteDeviation, quantile } from "../src/statistics.ts";

const resamples = 400;

/** A quantile of a sample with its percentile bootstrap interval (Efron 1979), 95 %. */
export function quantileEstimate(
  samples: readonly number[],
  level: number,
  random: Random,
): LatencyEstimate {
  const drawn = Float64Array.from({ length: resamples }, () => {
    const again = Float64Array.from(samples, () => samples[random.below(samples.length)] ?? 0);
    return quantileSorted([...again.sort()], level);
  });
  const sorted = [...drawn.sort()];
  return {
    latency_s: quantile([...samples], level),
    low_s: quantileSorted(sorted, 0.025),
    high_s: quantileSorted(sorted, 0.975),
  };
}

/** Iglewicz and Hoaglin's 3.5 on MADs scaled by 1.4826, which makes the MAD a normal's standard deviation. */
const outlierMads = 3.5 * 1.4826;

/** Differences that are none, as a fraction. */
const rounding = 1e-6;

/** Whether more than a tenth lies far from the median. */
export function hasManyOutliers(samples: readonly number[]): boolean {
  const centre = median([...samples]);
  const limit = Math.max(
    outlierMads * medianAbsoluteDeviation([...samples]),
    rounding * Math.abs(centre),
  );
  return samples.filter((sample) => Math.abs(sample - centre) > limit).length > samples.length / 10;
}
