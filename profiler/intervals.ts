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
  const ordered = orderOf(samples);
  const drawn = Float64Array.from({ length: resamples }, () =>
    quantileSorted(drawAgain(ordered, random), level),
  );
  const sorted = [...drawn.sort()];
  return {
    latency_s: quantile([...samples], level),
    low_s: quantileSorted(sorted, 0.025),
    high_s: quantileSorted(sorted, 0.975),
  };
}

/** A sample in ascending order, and the place there of each of its values. */
interface Ordered {
  readonly values: readonly number[];
  readonly places: Uint32Array;
}

function orderOf(samples: readonly number[]): Ordered {
  const positions = [...samples.keys()].sort((a, b) => (samples[a] ?? 0) - (samples[b] ?? 0));
  const places = new Uint32Array(samples.length);
  for (const [place, position] of positions.entries()) places[position] = place;
  return { values: positions.map((position) => samples[position] ?? 0), places };
}

/** As many values with replacement, in ascending order: counted, since to sort every draw takes most of an estimate's time. */
function drawAgain({ values, places }: Ordered, random: Random): number[] {
  const counts = new Uint32Array(values.length);
  for (let drawn = 0; drawn < values.length; drawn++) {
    const place = places[random.below(values.length)] ?? 0;
    counts[place] = (counts[place] ?? 0) + 1;
  }
  const again: number[] = [];
  for (let place = 0; place < values.length; place++)
    for (let count = counts[place] ?? 0; count > 0; count--) again.push(values[place] ?? 0);
  return again;
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
