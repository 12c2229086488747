import { fcnnlsVector } from "ml-fcnnls";
import { Matrix } from "ml-matrix";
import { type Kernel, kernelFamily } from "../../src/network/kernel.ts";
import { type Work, workOf } from "../../src/network/work.ts";
import { quantile } from "../../src/statistics.ts";
import { groupBy } from "../group-by.ts";

/** A guess of a time, s, with a 95 % interval as a factor either way. */
export interface Guess {
  readonly latency_s: number;
  readonly factor: number;
}

/** Times by regression on work, one line per kind. */
export interface WorkModel {
  /** Undefined where nothing was measured at all. */
  guess(work: Work): Guess | undefined;
  /** Families left out, one at a time: guessed time over the table's, of every kernel. */
  readonly leftOut: readonly number[];
}

export interface TimedKernel {
  readonly kernel: Kernel;
  readonly latency_s: number;
}

/**
 * Fits every kind's time as a sum of a constant, its multiply-accumulates, bytes moved and bytes of weights, none negative, in
 * relative error.
 */
export function workModel(timed: readonly TimedKernel[]): WorkModel {
  const rows = timed.map(({ kernel, latency_s }) => ({
    family: kernelFamily(kernel),
    work: workOf(kernel),
    latency_s,
  }));
  const lines = fitKinds(rows);
  const leftOut = [...groupBy(rows, ({ family }) => family)].flatMap(([family, own]) => {
    const without = fitKinds(rows.filter((row) => row.family !== family));
    return own.flatMap(({ work, latency_s }) => {
      const guessed = without.has(work.kind) ? timeOf(without, work) : undefined;
      return guessed === undefined || latency_s < telling_s ? [] : [guessed / latency_s];
    });
  });
  const factor = Math.max(
    narrowest,
    leftOut.length > 0
      ? quantile(
          leftOut.map((ratio) => Math.max(ratio, 1 / ratio)),
          0.95,
        )
      : widest,
  );
  return {
    leftOut,
    guess: (work) => {
      const latency_s = timeOf(lines, work);
      if (latency_s === undefined) return undefined;
      return { latency_s, factor: lines.has(work.kind) ? factor : Math.max(factor, widest) };
    },
  };
}

/** What shorter times are is lost in the noise of whole networks: they count less, and judge no guess. */
const telling_s = 1e-6;
/** No guess is surer than this; without families to leave out nothing is known of its error. */
const narrowest = 1.2;
const widest = 4;

interface TimedWork {
  readonly work: Work;
  readonly latency_s: number;
}

type Lines = ReadonlyMap<Work["kind"], readonly number[]>;

const features = ({ macs, movedBytes, weightBytes }: Work): readonly number[] => [
  1,
  macs,
  movedBytes,
  weightBytes,
];

const fitKinds = (rows: readonly TimedWork[]): Lines =>
  new Map(
    [...groupBy(rows, ({ work }) => work.kind)].map(([kind, own]) => [kind, nonNegativeLine(own)]),
  );

/** Least squares in relative error, so that small kernels count as much as large ones. */
function nonNegativeLine(rows: readonly TimedWork[]): readonly number[] {
  const weights = rows.map(({ latency_s }) => 1 / Math.hypot(latency_s, telling_s));
  const scaled = rows.map(({ work }, i) =>
    features(work).map((value) => value * (weights[i] ?? 0)),
  );
  // Columns of one size, or the solver's tolerance swallows the small ones.
  const sizes = features({ kind: "move", macs: 0, movedBytes: 0, weightBytes: 0 }).map(
    (_, column) => Math.max(...scaled.map((row) => Math.abs(row[column] ?? 0)), Number.MIN_VALUE),
  );
  const matrix = new Matrix(scaled.map((row) => row.map((value, i) => value / (sizes[i] ?? 1))));
  const { K } = fcnnlsVector(
    matrix,
    rows.map(({ latency_s }, i) => latency_s * (weights[i] ?? 0)),
  );
  return K.to1DArray().map((value, i) => value / (sizes[i] ?? 1));
}

function timeOf(lines: Lines, work: Work): number | undefined {
  // Products of another kind are nearer than nothing, and so is what moves the same bytes.
  const line = lines.get(work.kind) ?? lines.get("convolution") ?? [...lines.values()][0];
  if (!line) return undefined;
  const time_s = features(work).reduce((sum, value, i) => sum + value * (line[i] ?? 0), 0);
  return time_s > 0 ? time_s : undefined;
}
