import type { Kernel } from "../../src/network/kernel.ts";
import { quantile } from "../../src/statistics.ts";
import { type Axis, axesOf, widthAlong } from "../fit/plane.ts";
import type { Predictor } from "../fit/predictor.ts";
import { widthOf } from "./curves.ts";
import { agreedSteps, type Fits, fitsOf } from "./families.ts";
import { answerAt, type ForeignAnswer } from "./family-answer.ts";
import { foreignSteps } from "./foreign-steps.ts";
import type { KernelFamily } from "./imported-kernels.ts";

/** A family of imported rows as a measured one: the same steps, ranges and costs at any width between its rows. */
export function importedPredictor(family: KernelFamily, usualSpread: () => number): Predictor {
  const { key, example, axes, rows } = family;
  const own = axesOf(example);
  const steps = agreedSteps(family);
  const packing = (axis: Axis) => ({ block: steps.get(axis) ?? 1, align: 1 });
  const answer = (kernel: Kernel) =>
    answerAt(
      fitsFor(family),
      axes.map((axis) => widthAlong(kernel, axis === "out" ? "out" : "in")),
    );
  const predict = (kernel: Kernel) => {
    const found = answer(kernel);
    if (!found) return undefined;
    const { latency_s, provenance } = found;
    const half_s = halfOf(found) ?? usualSpread() * latency_s;
    return { latency_s, half_s, told: { provenance, energy: energyIn(found) } };
  };
  return {
    family: key,
    example,
    structure: { in: packing("in"), out: packing("out") },
    stairs: foreignSteps(family).flatMap(({ axis, step, curves, judged }) =>
      axis === "mid" || !own.includes(axis)
        ? []
        : {
            axis,
            ...(step === undefined ? {} : { step }),
            confidence: curves / judged,
            widths: new Set(rows.map((row) => widthOf(row, axis))).size,
          },
    ),
    ranges: { in: rangeOf(family, "in"), out: rangeOf(family, own.includes("out") ? "out" : "in") },
    predict,
    halfOfDifference: (a, b) => {
      const [one, other] = [predict(a), predict(b)];
      // Rows of one tread are one row.
      if (!one || !other || one.latency_s === other.latency_s) return 0;
      return Math.hypot(one.half_s, other.half_s);
    },
  };
}

const known = new WeakMap<KernelFamily, Fits>();

/** Made when first asked: a table has hundreds of families, a question one. */
function fitsFor(family: KernelFamily): Fits {
  const fits = known.get(family) ?? fitsOf(family);
  known.set(family, fits);
  return fits;
}

const halfOf = ({ latency_s, latency_high_s }: ForeignAnswer): number | undefined =>
  latency_high_s === undefined ? undefined : latency_high_s - latency_s;

const energyIn = ({ energy_j, energy_low_j, energy_high_j, energyProvenance }: ForeignAnswer) => ({
  ...(energy_j === undefined ? {} : { energy_j }),
  ...(energy_low_j === undefined ? {} : { energy_low_j }),
  ...(energy_high_j === undefined ? {} : { energy_high_j }),
  ...(energyProvenance === undefined ? {} : { energyProvenance }),
});

function rangeOf({ rows }: KernelFamily, axis: Axis): readonly [number, number] {
  const widths = rows.map((row) => widthOf(row, axis) ?? 0);
  return [Math.min(...widths), Math.max(...widths)];
}

/** Rows that are asked how sure they are, of the largest families. */
const asked = { families: 5, rows: 40 };
/** Where no row says and no family has neighbours to learn from, a cost is known within a factor of two. */
const unknownSpread = 1;

/**
 * Half an interval, as a fraction, for rows of families too small to have one of their own: what 95 of 100 rows of the table's
 * other families have. Found when first asked.
 */
export function usualSpread(families: readonly KernelFamily[]): () => number {
  let found: number | undefined;
  return () => {
    found ??= spreadOf(families);
    return found;
  };
}

function spreadOf(families: readonly KernelFamily[]): number {
  const largest = [...families].sort((a, b) => b.rows.length - a.rows.length);
  const spreads = largest.slice(0, asked.families).flatMap((family) => {
    const every = Math.ceil(family.rows.length / asked.rows);
    return family.rows
      .filter((_, i) => i % every === 0)
      .flatMap((row) => {
        const widths = family.axes.map((axis) => widthOf(row, axis) ?? 0);
        const answer = answerAt(fitsFor(family), widths);
        if (!answer) return [];
        const half_s = halfOf(answer);
        return half_s === undefined ? [] : half_s / answer.latency_s;
      });
  });
  return spreads.length === 0 ? unknownSpread : quantile(spreads, 0.95);
}
