import { median, medianAbsoluteDeviation, quantile, quantileSorted } from "simple-statistics";
import type { Random } from "./random.ts";

/** Robust summary of repeated measurements of one quantity, in that quantity's unit. */
export interface Summary {
  readonly samples: number;
  readonly median: number;
  /** Median absolute deviation, unscaled. */
  readonly mad: number;
  readonly p10: number;
  readonly p90: number;
  /** Bootstrap 95 % interval of the median. */
  readonly interval: readonly [number, number];
  /** Samples further than `outlierMads` scaled MADs from the median: counted, never dropped. */
  readonly outliers: number;
}

/** Iglewicz and Hoaglin's 3.5 on MADs scaled by 1.4826, which makes the MAD a normal's standard deviation. */
const outlierMads = 3.5 * 1.4826;

/** Median, not mean: scheduler hiccups are one-sided. Needs at least one sample. */
export function summarize(samples: readonly number[], random: Random): Summary {
  const centre = median([...samples]);
  const mad = medianAbsoluteDeviation([...samples]);
  return {
    samples: samples.length,
    median: centre,
    mad,
    p10: quantile([...samples], 0.1),
    p90: quantile([...samples], 0.9),
    interval: bootstrapMedianInterval(samples, random),
    outliers: samples.filter((sample) => Math.abs(sample - centre) > outlierMads * mad).length,
  };
}

/** Percentile bootstrap (Efron 1979), 95 %. */
export function bootstrapMedianInterval(
  samples: readonly number[],
  random: Random,
  resamples = 400,
): readonly [number, number] {
  const medians = Array.from({ length: resamples }, () =>
    median(Array.from(samples, () => samples[random.below(samples.length)] as number)),
  ).sort((a, b) => a - b);
  return [quantileSorted(medians, 0.025), quantileSorted(medians, 0.975)];
}

/** Half the interval's width as a fraction of the median: what `--target-ci` bounds. */
export function relativeHalfWidth({ median: centre, interval }: Summary): number {
  return (interval[1] - interval[0]) / 2 / centre;
}

export { median, medianAbsoluteDeviation, quantile };
