import { outputPositions } from "../../src/network/costs.ts";
import type { Kernel } from "../../src/network/kernel.ts";
import { windowArea, windowStride } from "../../src/network/layer.ts";
import { type Work, workOf } from "../../src/network/work.ts";
import { quantile } from "../../src/statistics.ts";
import { groupBy } from "../group-by.ts";
import { type KnownFamily, nearestOf, spreadOver, widthDistance } from "./known-families.ts";
import { type KrigingRule, kriged, type Seen } from "./kriging.ts";
import {
  lineKey,
  onLine,
  type TimedWork,
  telling_s,
  type WorkLines,
  workLine,
} from "./work-line.ts";

/** A guess of a time, s, with a 95 % interval as a factor either way. */
export interface Guess {
  readonly latency_s: number;
  readonly factor: number;
}

/** Times by regression on work, one line per kind, and by what the families nearest to the kernel asked for take of theirs. */
export interface WorkModel {
  /** Undefined where nothing was measured at all. With its kernel, where it is one of ours, the guess is nearer. */
  guess(work: Work, kernel?: Kernel): Guess | undefined;
  /** Families left out, a tenth of a kind's at a time: guessed time over the table's, of kernels spread over their widths. */
  readonly leftOut: readonly number[];
}

/**
 * Fits every kind's time as a line in its work. Caches, tiles and windows make some kernels dearer than their line and others
 * cheaper, and kernels of the same widths alike at other image sizes, with other windows or activations. So a guess is its
 * line times what other families take of theirs at the widths asked for, or at the nearest that they know, kriged over image
 * sizes, windows and strides.
 */
export function workModel(families: readonly KnownFamily[]): WorkModel {
  const known = families.map(knownFamily).filter(({ timed }) => timed.length > 0);
  const kinds = [...groupBy(known, ({ kind }) => kind)];
  const lines: WorkLines = new Map(
    kinds.map(([kind, own]) => [kind, workLine(own.flatMap(({ timed }) => timed))]),
  );
  const leftOut = once(
    () => new Map(kinds.map(([kind, own]) => [kind, guessedWithoutFamily(own)] as const)),
  );
  const factors = once(() => {
    const all = [...leftOut().values()].flat();
    return new Map(
      [...leftOut()].map(
        ([kind, own]) => [kind, factorOf(own.length < fewestJudged ? all : own)] as const,
      ),
    );
  });
  const byKind = new Map(kinds);
  return {
    get leftOut() {
      return [...leftOut().values()].flat();
    },
    guess: (work, kernel) => {
      const key = lineKey(work);
      const line = lineOf(lines, work);
      const line_s = line && onLine(line, work);
      if (line === undefined || line_s === undefined || line_s <= 0) return undefined;
      const own = kernel ? (byKind.get(key) ?? []) : [];
      const latency_s = line_s * (kernel ? timesTheLine(kernel, own, line) : 1);
      return {
        latency_s,
        get factor() {
          return factors().get(key) ?? Math.max(widest, ...factors().values());
        },
      };
    },
  };
}

/**
 * Chosen on families left out of a table of eight models, and on whole models left out: what a family takes of its line varies by a
 * third, slowly with the image's size, faster with the window and the stride. Halving or doubling a length or a standard deviation
 * changes the errors by a tenth of them at most.
 */
const kriging: KrigingRule = { spread: 0.35, lengths: [3, 1.5, 1] };
/** Standard deviations of what a family says of a kernel, in logarithms: by itself, as one space splits its networks among kernels; */
const seenSd = 0.15;
/** for every factor of e that its widths are away; */
const sdPerWidth = 0.25;
/** with another activation or padding; and of another operation of the same kind. */
const sdPerVariant = 0.1;
const otherOperationSd = 0.5;
/** Farther families say nothing that nearer ones do not. */
const mostSeen = 24;

interface DescribedFamily extends KnownFamily {
  readonly kind: string;
  readonly place: readonly number[];
  readonly timed: readonly TimedWork[];
  readonly kernels: readonly { readonly kernel: Kernel; readonly latency_s: number }[];
}

function knownFamily(family: KnownFamily): DescribedFamily {
  const kernels = spreadOver(family).flatMap((kernel) => {
    const latency_s = family.time_s(kernel);
    return latency_s === undefined ? [] : [{ kernel, latency_s }];
  });
  return {
    ...family,
    kind: lineKey(workOf(family.example)),
    place: placeOf(family.example),
    kernels,
    timed: kernels.map(({ kernel, latency_s }) => ({ work: workOf(kernel), latency_s })),
  };
}

/** Logarithms of what families differ in. */
function placeOf(kernel: Kernel): readonly number[] {
  const [down, across] = windowStride(kernel);
  return [outputPositions(kernel), windowArea(kernel), down * across].map(Math.log);
}

/** What the families around a kernel take of their line, at its widths. */
function timesTheLine(
  kernel: Kernel,
  families: readonly DescribedFamily[],
  line: readonly number[],
): number {
  const at = placeOf(kernel);
  const seen = families
    .map((family) => witnessOf(family, kernel, at))
    .sort((a, b) => a.far - b.far)
    .slice(0, mostSeen)
    .flatMap((witness) => saidBy(witness, kernel, line) ?? []);
  return Math.exp(kriged(at, seen, kriging)?.value ?? 0);
}

/** A family that knows a kernel like the one asked for. */
interface Witness extends Pick<Seen, "place" | "sd"> {
  readonly family: DescribedFamily;
  /** How little it says: by its place, and by how uncertain it is. */
  readonly far: number;
}

function witnessOf(family: DescribedFamily, kernel: Kernel, at: readonly number[]): Witness {
  const { example, place } = family;
  const variants =
    Number(example.variant !== kernel.variant) + Number(example.padding !== kernel.padding);
  const sd = Math.hypot(
    seenSd,
    sdPerWidth * widthDistance(family, kernel),
    sdPerVariant * variants,
    example.op === kernel.op ? 0 : otherOperationSd,
  );
  const far = place.reduce(
    (sum, value, axis) => sum + ((value - (at[axis] ?? 0)) / (kriging.lengths[axis] ?? 1)) ** 2,
    (sd / kriging.spread) ** 2,
  );
  return { family, place, sd, far };
}

/** Undefined where it cannot tell. */
function saidBy(
  { family, place, sd }: Witness,
  kernel: Kernel,
  line: readonly number[],
): Seen | undefined {
  const nearest = nearestOf(family, kernel);
  const time_s = family.time_s(nearest);
  const line_s = onLine(line, workOf(nearest));
  if (time_s === undefined || time_s < telling_s || line_s <= 0) return undefined;
  return { place, value: Math.log(time_s / line_s), sd };
}

/** What 95 % of guesses were off by, either way. */
const factorOf = (leftOut: readonly number[]): number =>
  Math.max(
    narrowest,
    leftOut.length > 0
      ? quantile(
          leftOut.map((ratio) => Math.max(ratio, 1 / ratio)),
          0.95,
        )
      : widest,
  );

/** Worked out when first asked for. */
function once<T extends {}>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Kernels of every family guessed without it and the rest of a tenth of them: the guess over the table's time. */
function guessedWithoutFamily(families: readonly DescribedFamily[]): readonly number[] {
  const keys = [...new Set(families.map(({ key }) => key))];
  if (keys.length < 2) return [];
  const part = new Map(keys.map((key, i) => [key, i % Math.min(folds, keys.length)]));
  return [...groupBy(families, ({ key }) => part.get(key))].flatMap(([fold, left]) => {
    const others = families.filter(({ key }) => part.get(key) !== fold);
    const line = workLine(others.flatMap(({ timed }) => timed));
    const kernels = spread(
      left.flatMap((family) => family.kernels),
      mostJudged / folds,
    );
    return kernels.flatMap(({ kernel, latency_s }) => {
      const guessed_s = onLine(line, workOf(kernel)) * timesTheLine(kernel, others, line);
      return latency_s < telling_s || !(guessed_s > 0) ? [] : [guessed_s / latency_s];
    });
  });
}

/** So many of the items at most, evenly spread. */
function spread<T>(items: readonly T[], most: number): readonly T[] {
  const every = Math.max(1, items.length / most);
  return items.filter((_, i) => Math.floor(i / every) !== Math.floor((i - 1) / every));
}

/** Kernels of a kind that guesses are judged by, at most, and at least where not all kinds together judge them. */
const mostJudged = 60;
const fewestJudged = 20;
const folds = 10;
/** No guess is surer than this; without families to leave out nothing is known of its error. */
const narrowest = 1.2;
const widest = 4;

function lineOf(lines: WorkLines, { kind, dtype }: Work): readonly number[] | undefined {
  // The same in another number format, then products of another kind, are nearer than nothing.
  return (
    lines.get(lineKey({ kind, dtype })) ??
    lines.get(lineKey({ kind, dtype: "float32" })) ??
    lines.get(lineKey({ kind: "convolution", dtype: "float32" })) ??
    [...lines.values()][0]
  );
}
