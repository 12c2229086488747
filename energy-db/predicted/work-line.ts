import { fcnnlsVector } from "ml-fcnnls";
import { Matrix } from "ml-matrix";
import type { Work } from "../../src/network/work.ts";

/** A computation and how long it takes. */
export interface TimedWork {
  readonly work: Work;
  readonly latency_s: number;
}

/** What shorter times are is lost in the noise of whole networks: they count less, and judge no guess. */
export const telling_s = 1e-6;

/** Coefficients by kind and number format: integers take other times. */
export type WorkLines = ReadonlyMap<string, readonly number[]>;

export const lineKey = ({ kind, dtype }: Pick<Work, "kind" | "dtype">): string =>
  `${kind} ${dtype}`;

const features = ({ macs, movedBytes, weightBytes }: Work): readonly number[] => [
  1,
  macs,
  movedBytes,
  weightBytes,
];

/**
 * A sum of a constant, multiply-accumulates, bytes moved and bytes of weights, none negative: least squares in relative error, so
 * that small kernels count as much as large ones.
 */
export function workLine(rows: readonly TimedWork[]): readonly number[] {
  const weights = rows.map(({ latency_s }) => 1 / Math.hypot(latency_s, telling_s));
  const scaled = rows.map(({ work }, i) =>
    features(work).map((value) => value * (weights[i] ?? 0)),
  );
  // Columns of one size, or the solver's tolerance swallows the small ones.
  const sizes = Array.from(scaled[0] ?? [], (_, column) =>
    Math.max(...scaled.map((row) => Math.abs(row[column] ?? 0)), Number.MIN_VALUE),
  );
  const matrix = new Matrix(scaled.map((row) => row.map((value, i) => value / (sizes[i] ?? 1))));
  const { K } = fcnnlsVector(
    matrix,
    rows.map(({ latency_s }, i) => latency_s * (weights[i] ?? 0)),
  );
  return K.to1DArray().map((value, i) => value / (sizes[i] ?? 1));
}

/** s. */
export const onLine = (line: readonly number[], work: Work): number =>
  features(work).reduce((sum, value, i) => sum + value * (line[i] ?? 0), 0);
