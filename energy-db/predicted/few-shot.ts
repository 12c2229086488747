import { quantile } from "../../src/statistics.ts";
import { studentT95 } from "../loads/student-t.ts";

/** A platform that knows the times of many rows: kernels, or whole networks. */
export interface KnownTimes<Row> {
  readonly name: string;
  /** s; undefined where it does not know. */
  time_s(row: Row): number | undefined;
  /** Half of the 95 % interval of that time, as a fraction; exact where absent. */
  error?(row: Row): number;
}

/** A row that was measured on the new platform, s. */
export interface Probe<Row> {
  readonly row: Row;
  readonly latency_s: number;
}

/** How much a known platform counts, and how many times its times the new one takes. */
export interface Likeness {
  readonly name: string;
  /** Of 1 in all. */
  readonly share: number;
  readonly timesAsLong: number;
  /** Standard deviation of the logarithm of that ratio over the probes. */
  readonly spread: number;
}

/** A prediction, s, with its 95 % interval as a factor either way. */
export interface FewShotTime {
  readonly latency_s: number;
  readonly factor: number;
}

export interface FewShot<Row> {
  /** Most alike first. */
  readonly likenesses: readonly Likeness[];
  /** Undefined where no known platform knows the row. */
  predict(row: Row): FewShotTime | undefined;
}

/** What is measured is no surer than this: platforms that agree better all count alike. */
const smallestSpread = 0.01;
export const fewestProbes = 3;

/**
 * Predicts times on a platform of which a few are measured from platforms that know many. Each known platform is a model:
 * the new one takes the same times but for one factor. Models are averaged by how likely they make the probes, the factor
 * and the spread unknown: as the spread to the power of 1 - probes (Hoeting et al. 1999, Bayesian model averaging).
 * The interval is as wide as the spread, times what 95 % of errors need in its units (`reach`), and the known times' own.
 */
export function fewShot<Row>(
  probes: readonly Probe<Row>[],
  known: readonly KnownTimes<Row>[],
  reach = studentT95(probes.length - 1),
): FewShot<Row> {
  const models = known.flatMap((platform) => modelOf(probes, platform) ?? []);
  const smallest = Math.min(...models.map(({ spread }) => spread));
  const odds = models.map(({ spread }) => (spread / smallest) ** (1 - probes.length));
  const total = odds.reduce((sum, value) => sum + value, 0);
  const weighted = models
    .map((model, i) => ({ ...model, share: (odds[i] ?? 0) / total }))
    .sort((a, b) => b.share - a.share);
  return {
    likenesses: weighted.map(({ platform, share, shift, spread }) => ({
      name: platform.name,
      share,
      timesAsLong: Math.exp(shift),
      spread,
    })),
    predict: (row) => {
      const votes = weighted.flatMap(({ platform, shift, spread, share }) => {
        const time_s = platform.time_s(row);
        if (time_s === undefined) return [];
        const error = platform.error?.(row) ?? 0;
        return [{ log: Math.log(time_s) + shift, spread, share, error }];
      });
      const sum = votes.reduce((shares, { share }) => shares + share, 0);
      if (sum < smallestShare) return undefined;
      const mean = votes.reduce((total, { log, share }) => total + (share / sum) * log, 0);
      const variance = votes.reduce(
        (total, { log, spread, share }) =>
          total + (share / sum) * (spread ** 2 * (1 + 1 / probes.length) + (log - mean) ** 2),
        0,
      );
      const error = votes.reduce((total, vote) => total + (vote.share / sum) * vote.error, 0);
      return {
        latency_s: Math.exp(mean),
        factor: Math.exp(Math.hypot(reach * Math.sqrt(variance), error)),
      };
    },
  };
}

/** What only platforms unlike the new one know is not known. */
const smallestShare = 0.05;

interface Model<Row> {
  readonly platform: KnownTimes<Row>;
  /** Mean logarithm of the new platform's time over this one's, and its standard deviation over the probes. */
  readonly shift: number;
  readonly spread: number;
}

/** Undefined where the platform knows less than half of the probes: it could agree with few by chance. */
function modelOf<Row>(
  probes: readonly Probe<Row>[],
  platform: KnownTimes<Row>,
): Model<Row> | undefined {
  const ratios = probes.flatMap(({ row, latency_s }) => {
    const time_s = platform.time_s(row);
    return time_s === undefined ? [] : [Math.log(latency_s / time_s)];
  });
  if (ratios.length < Math.max(fewestProbes, probes.length / 2)) return undefined;
  const shift = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
  const squares = ratios.reduce((sum, ratio) => sum + (ratio - shift) ** 2, 0);
  return {
    platform,
    shift,
    spread: Math.max(smallestSpread, Math.sqrt(squares / (ratios.length - 1))),
  };
}

/** How well few probes predict, from platforms that are known: each in turn taken for new. */
export interface LeaveOnePlatformOut {
  readonly platforms: number;
  /** Predicted over known time, of every row and platform. */
  readonly ratios: readonly number[];
  /** What 95 % of the errors reach in units of the spread. */
  readonly reach: number;
}

/** Judged on rows other than the probes. Undefined where fewer than two platforms know these, so that none can be left out. */
export function leaveOnePlatformOut<Row>(
  probes: readonly Row[],
  known: readonly KnownTimes<Row>[],
  rows: readonly Row[],
): LeaveOnePlatformOut | undefined {
  const exact = known.map(({ name, time_s }) => ({ name, time_s }));
  const errors = exact.map((left) => {
    const own = probes.flatMap((row) => {
      const latency_s = left.time_s(row);
      return latency_s === undefined ? [] : [{ row, latency_s }];
    });
    if (own.length < fewestProbes) return [];
    const { predict } = fewShot(
      own,
      exact.filter((other) => other !== left),
      1,
    );
    return rows.flatMap((row) => {
      const time_s = left.time_s(row);
      const predicted = predict(row);
      if (time_s === undefined || !predicted) return [];
      const log = Math.log(predicted.latency_s / time_s);
      return [{ ratio: Math.exp(log), reach: Math.abs(log) / Math.log(predicted.factor) }];
    });
  });
  const judged = errors.filter(({ length }) => length > 0);
  if (judged.length === 0) return undefined;
  return {
    platforms: judged.length,
    ratios: judged.flatMap((own) => own.map(({ ratio }) => ratio)),
    reach: quantile(
      judged.flatMap((own) => own.map(({ reach }) => reach)),
      0.95,
    ),
  };
}
