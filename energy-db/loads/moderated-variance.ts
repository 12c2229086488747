import { digamma, inverseTrigamma, trigamma } from "./gamma-derivatives.ts";

/** A sample variance with its degrees of freedom, and the size on which variances are expected to depend. */
export interface SizedVariance {
  readonly variance: number;
  readonly freedom: number;
  /** Any positive number, for example a latency: the trend is a line over its logarithm. */
  readonly size: number;
}

/** What many sample variances together say of each: a prior of so many degrees of freedom, by size. */
export interface VariancePrior {
  readonly freedom: number;
  at(size: number): number;
}

/** Few variances say nothing of others, or of a trend. */
const fewest = 4;
const fewestForTrend = 12;

/**
 * The empirical Bayes prior of many variances (Smyth 2004, Statistical Applications in Genetics and Molecular Biology
 * 3, section 6.2; with a trend as in limma): the mean of log variances gives its scale, their spread beyond that of
 * chance its degrees of freedom. Undefined for a handful of variances.
 */
export function variancePrior(given: readonly SizedVariance[]): VariancePrior | undefined {
  const usable = given.filter(({ variance, freedom }) => variance > 0 && freedom > 0);
  if (usable.length < fewest) return undefined;
  const points = usable.map(({ variance, freedom, size }) => ({
    x: Math.log(size),
    y: Math.log(variance) - digamma(freedom / 2) + Math.log(freedom / 2),
    noise: trigamma(freedom / 2),
  }));
  const line = lineThrough(points, usable.length >= fewestForTrend);
  const parameters = usable.length >= fewestForTrend ? 2 : 1;
  const spread =
    points.reduce((sum, { x, y }) => sum + (y - line(x)) ** 2, 0) /
      Math.max(1, points.length - parameters) -
    points.reduce((sum, { noise }) => sum + noise, 0) / points.length;
  // Known no better than all of them together are.
  const most = usable.reduce((sum, variance) => sum + variance.freedom, 0);
  // No more spread than chance gives: all variances of a size are the same.
  const freedom = spread > 1e-3 ? Math.min(most, 2 * inverseTrigamma(spread)) : most;
  const shift = digamma(freedom / 2) - Math.log(freedom / 2);
  return { freedom, at: (size) => Math.exp(line(Math.log(size)) + shift) };
}

/** The variance of one sample after the prior has had its say, with its degrees of freedom (Smyth 2004, eq. 4). */
export function moderate(
  { variance, freedom, size }: SizedVariance,
  prior: VariancePrior | undefined,
): { readonly variance: number; readonly freedom: number } {
  if (!prior) return { variance, freedom };
  const total = freedom + prior.freedom;
  return {
    variance: (freedom * variance + prior.freedom * prior.at(size)) / total,
    freedom: total,
  };
}

/** Least squares; only the mean without a slope. */
function lineThrough(
  points: readonly { readonly x: number; readonly y: number }[],
  withSlope: boolean,
): (x: number) => number {
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / points.length;
  const spreadX = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  const shared = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0);
  const slope = withSlope && spreadX > 0 ? shared / spreadX : 0;
  return (x) => meanY + slope * (x - meanX);
}
