import { outputPositions } from "../../src/network/costs.ts";
import { type Kernel, kernelFamily } from "../../src/network/kernel.ts";
import { windowArea, windowStride } from "../../src/network/layer.ts";
import { type Work, workOf } from "../../src/network/work.ts";
import { quantile } from "../../src/statistics.ts";
import { groupBy } from "../group-by.ts";
import { type KnownFamily, nearestOf, spreadOver } from "./known-families.ts";
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
export function workModel(families: readonly KnownFamily[], options = rules): WorkModel {
  const known = families.map(knownFamily);
  const kinds = [...groupBy(known, ({ kind }) => kind)];
  const lines: WorkLines = new Map(
    kinds.map(([kind, own]) => [kind, workLine(own.flatMap(({ timed }) => timed))]),
  );
  const leftOut = once(() => kinds.flatMap(([, own]) => guessedWithoutFamily(own, options)));
  const factor = once(() => factorOf(leftOut()));
  const byKind = new Map(kinds);
  return {
    get leftOut() {
      return leftOut();
    },
    guess: (work, kernel) => {
      const key = lineKey(work);
      const line = lineOf(lines, work);
      const line_s = line && onLine(line, work);
      if (line === undefined || line_s === undefined || line_s <= 0) return undefined;
      const own = kernel ? (byKind.get(key) ?? []) : [];
      const latency_s = line_s * (kernel ? timesTheLine(kernel, own, line, options) : 1);
      return {
        latency_s,
        get factor() {
          return lines.has(key) ? factor() : Math.max(factor(), widest);
        },
      };
    },
  };
}

export const rules = {
  spread: 0.35,
  lengths: [3, 1.5, 1],
  seen: 0.15,
  perWidth: 0.25,
  perOther: 0.1,
  perOperation: 0.5,
  most: 24,
};
export type Rules = typeof rules;

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
  options: Rules,
): number {
  const at = placeOf(kernel);
  const seen = families.flatMap((family): (Seen & { readonly far: number })[] => {
    const nearest = nearestOf(family, kernel);
    const time_s = family.time_s(nearest.kernel);
    const line_s = onLine(line, workOf(nearest.kernel));
    if (time_s === undefined || time_s < telling_s || line_s <= 0) return [];
    const { example } = family;
    const others =
      Number(example.variant !== kernel.variant) + Number(example.padding !== kernel.padding);
    const sd = Math.hypot(
      options.seen,
      options.perWidth * nearest.distance,
      options.perOther * others,
      example.op === kernel.op ? 0 : options.perOperation,
    );
    const far = family.place.reduce(
      (sum, value, axis) => sum + ((value - (at[axis] ?? 0)) / (options.lengths[axis] ?? 1)) ** 2,
      sd ** 2 / options.spread ** 2,
    );
    return [{ place: family.place, value: Math.log(time_s / line_s), sd, far }];
  });
  const near = seen.sort((a, b) => a.far - b.far).slice(0, options.most);
  return Math.exp(kriged(at, near, options satisfies KrigingRule)?.value ?? 0);
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
function guessedWithoutFamily(
  families: readonly DescribedFamily[],
  options: Rules,
): readonly number[] {
  const keys = [...new Set(families.map(({ key }) => key))];
  if (keys.length < 2) return [];
  const part = new Map(keys.map((key, i) => [key, i % Math.min(folds, keys.length)]));
  return [...groupBy(families, ({ key }) => part.get(key))].flatMap(([fold, left]) => {
    const others = families.filter(({ key }) => part.get(key) !== fold);
    const line = workLine(others.flatMap(({ timed }) => timed));
    return left.flatMap(({ kernels }) =>
      kernels.flatMap(({ kernel, latency_s }) => {
        const guessed_s =
          onLine(line, workOf(kernel)) * timesTheLine(kernel, others, line, options);
        return latency_s < telling_s || !(guessed_s > 0) ? [] : [guessed_s / latency_s];
      }),
    );
  });
}

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
