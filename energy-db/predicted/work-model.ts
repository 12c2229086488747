import { fcnnlsVector } from "ml-fcnnls";
import { Matrix } from "ml-matrix";
import { outputPositions } from "../../src/network/costs.ts";
import { type Kernel, kernelFamily } from "../../src/network/kernel.ts";
import { windowArea, windowStride } from "../../src/network/layer.ts";
import { type Work, workOf } from "../../src/network/work.ts";
import { quantile } from "../../src/statistics.ts";
import { groupBy } from "../group-by.ts";

/** A guess of a time, s, with a 95 % interval as a factor either way. */
export interface Guess {
  readonly latency_s: number;
  readonly factor: number;
}

/** Times by regression on work, one line per kind, and by what the kernels nearest to the one asked for take of theirs. */
export interface WorkModel {
  /** Undefined where nothing was measured at all. With its kernel, where it is one of ours, the guess is nearer. */
  guess(work: Work, kernel?: Kernel): Guess | undefined;
  /** Families left out, a tenth of a kind's at a time: guessed time over the table's, of every kernel. */
  readonly leftOut: readonly number[];
}

export interface TimedKernel {
  readonly kernel: Kernel;
  readonly latency_s: number;
}

/**
 * Fits every kind's time as a sum of a constant, its multiply-accumulates, bytes moved and bytes of weights, none negative, in
 * relative error. Caches, tiles and windows make kernels of some shapes dearer than their line and of others cheaper, and those
 * of like shapes alike: a guess is its line times what its neighbours take of theirs (a kernel regression of the logarithm,
 * Nadaraya 1964).
 */
export function workModel(timed: readonly TimedKernel[]): WorkModel {
  const rows = timed.map(({ kernel, latency_s }) => {
    const work = workOf(kernel);
    return { family: kernelFamily(kernel), work, place: placeOf(kernel), latency_s };
  });
  const kinds = groupBy(rows, ({ work }) => keyOf(work));
  const lines: Lines = new Map([...kinds].map(([kind, own]) => [kind, nonNegativeLine(own)]));
  const neighbours = new Map(
    [...kinds].map(([kind, own]) => [kind, neighboursOf(own, lines.get(kind) ?? [])]),
  );
  const leftOut = [...kinds.values()].flatMap(guessedWithoutFamily);
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
    guess: (work, kernel) => {
      const line_s = timeOf(lines, work);
      if (line_s === undefined) return undefined;
      const near = kernel ? (neighbours.get(keyOf(work)) ?? []) : [];
      const latency_s = line_s * (kernel ? timesTheLine(placeOf(kernel), near) : 1);
      return {
        latency_s,
        factor: lines.has(keyOf(work)) ? factor : Math.max(factor, widest),
      };
    },
  };
}

/** Every kernel of a kind guessed without its family and the rest of a tenth of them: its guess over its time. */
function guessedWithoutFamily(rows: readonly PlacedTime[]): readonly number[] {
  const families = [...groupBy(rows, ({ family }) => family).values()];
  if (families.length < 2) return [];
  const parts = Math.min(folds, families.length);
  return Array.from({ length: parts }, (_, part) => {
    const others = families.filter((_, i) => i % parts !== part).flat();
    const line = nonNegativeLine(others);
    const near = neighboursOf(others, line);
    return families
      .filter((_, i) => i % parts === part)
      .flat()
      .flatMap(({ work, place, latency_s }) => {
        const guessed_s = onLine(line, work) * timesTheLine(place, near);
        return latency_s < telling_s || !(guessed_s > 0) ? [] : [guessed_s / latency_s];
      });
  }).flat();
}

const folds = 10;

/** Logarithms of what shapes differ in: a window of 3x3 is far from one of 1x1, 14x14 positions not from 20x20. */
function placeOf(kernel: Kernel): readonly number[] {
  const [[down, across], { inChannels, outChannels }] = [windowStride(kernel), kernel];
  const sizes = [outputPositions(kernel), inChannels, outChannels, windowArea(kernel)];
  return [...sizes, down * across].map(Math.log);
}

interface Neighbour {
  readonly place: readonly number[];
  /** Logarithm of its time over its line's. */
  readonly logRatio: number;
}

const neighboursOf = (rows: readonly PlacedTime[], line: readonly number[]): readonly Neighbour[] =>
  rows.flatMap(({ work, place, latency_s }) => {
    const line_s = onLine(line, work);
    return line_s > 0 && latency_s >= telling_s
      ? [{ place, logRatio: Math.log(latency_s / line_s) }]
      : [];
  });

/** The neighbours' geometric mean, those within a factor of two in every size counting most; 1 where none is near. */
function timesTheLine(place: readonly number[], neighbours: readonly Neighbour[]): number {
  let weights = 0;
  let sum = 0;
  for (const { place: other, logRatio } of neighbours) {
    let distance = 0;
    for (const [i, at] of place.entries()) distance += (at - (other[i] ?? 0)) ** 2;
    const weight = Math.exp(-distance / (2 * nearness ** 2));
    weights += weight;
    sum += weight * logRatio;
  }
  return Math.exp(sum / (weights + lineWeight));
}

/** In natural logarithms of sizes. */
const nearness = 0.5;
/** The line counts as much as so many neighbours at the very place. */
const lineWeight = 0.5;

/** What shorter times are is lost in the noise of whole networks: they count less, and judge no guess. */
const telling_s = 1e-6;
/** No guess is surer than this; without families to leave out nothing is known of its error. */
const narrowest = 1.2;
const widest = 4;

interface TimedWork {
  readonly work: Work;
  readonly latency_s: number;
}

interface PlacedTime extends TimedWork {
  readonly family: string;
  readonly place: readonly number[];
}

/** By kind and number format: integers take other times. */
type Lines = ReadonlyMap<string, readonly number[]>;

const keyOf = ({ kind, dtype }: Pick<Work, "kind" | "dtype">): string => `${kind} ${dtype}`;

const features = ({ macs, movedBytes, weightBytes }: Work): readonly number[] => [
  1,
  macs,
  movedBytes,
  weightBytes,
];

/** Least squares in relative error, so that small kernels count as much as large ones. */
function nonNegativeLine(rows: readonly TimedWork[]): readonly number[] {
  const weights = rows.map(({ latency_s }) => 1 / Math.hypot(latency_s, telling_s));
  const scaled = rows.map(({ work }, i) =>
    features(work).map((value) => value * (weights[i] ?? 0)),
  );
  // Columns of one size, or the solver's tolerance swallows the small ones.
  const sizes = features({
    kind: "move",
    dtype: "float32",
    macs: 0,
    movedBytes: 0,
    weightBytes: 0,
  }).map((_, column) =>
    Math.max(...scaled.map((row) => Math.abs(row[column] ?? 0)), Number.MIN_VALUE),
  );
  const matrix = new Matrix(scaled.map((row) => row.map((value, i) => value / (sizes[i] ?? 1))));
  const { K } = fcnnlsVector(
    matrix,
    rows.map(({ latency_s }, i) => latency_s * (weights[i] ?? 0)),
  );
  return K.to1DArray().map((value, i) => value / (sizes[i] ?? 1));
}

function timeOf(lines: Lines, work: Work): number | undefined {
  // The same in another number format, then products of another kind, are nearer than nothing.
  const { kind } = work;
  const line =
    lines.get(keyOf(work)) ??
    lines.get(keyOf({ kind, dtype: "float32" })) ??
    lines.get(keyOf({ kind: "convolution", dtype: "float32" })) ??
    [...lines.values()][0];
  if (!line) return undefined;
  const time_s = onLine(line, work);
  return time_s > 0 ? time_s : undefined;
}

const onLine = (line: readonly number[], work: Work): number =>
  features(work).reduce((sum, value, i) => sum + value * (line[i] ?? 0), 0);
