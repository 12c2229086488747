import { type Kernel, kernelFamily } from "../../src/network/kernel.ts";
import type { EnergyAnswer } from "../answers/energy.ts";
import { studentT95 } from "../loads/student-t.ts";
import type { Provenance } from "../records.ts";
import { type CostDocument, type FamilyRecord, unpackCovariance } from "./cost-document.ts";
import { regimeOf, type Structure, termsOf } from "./packing.ts";
import type { Staircase } from "./stairs.ts";
import { quadratic, relativeErrorAt, type SymmetricMatrix } from "./uncertainty.ts";

/** Time with a 95 % interval, s. */
export interface PredictedTime {
  readonly latency_s: number;
  readonly half_s: number;
  /** What rows of another tool say themselves: no fit made the time, and no power makes the energy. */
  readonly told?: { readonly provenance: Provenance; readonly energy: EnergyAnswer };
}

/** Kernels that differ in their channel counts only, and what they cost at any width between those measured. */
export interface Predictor {
  readonly family: string;
  /** One kernel of the family: its channel counts mean nothing. */
  readonly example: Kernel;
  readonly structure: Structure;
  readonly stairs: readonly Staircase[];
  /** Smallest and largest input and output widths measured. */
  readonly ranges: {
    readonly in: readonly [number, number];
    readonly out: readonly [number, number];
  };
  /** Undefined outside what was measured: nothing is extrapolated. */
  predict(kernel: Kernel): PredictedTime | undefined;
  /** Half of the 95 % interval of the difference between two kernels of the family, s. */
  halfOfDifference(a: Kernel, b: Kernel): number;
}

/** A document's costs, ready to answer. */
export interface Costs {
  readonly call_s: number;
  readonly predictors: readonly Predictor[];
  /** Half of the 95 % prediction interval of what measuring a network shows, s. */
  halfOfNetwork(kernels: readonly Kernel[], latency_s: number): number;
  /** The same of what changes when the kernels of a network, one by one, become others; known families only. */
  halfOfChange(changes: readonly KernelChange[]): number;
}

export interface KernelChange {
  readonly before: Kernel;
  readonly after: Kernel;
}

const normal95 = 1.96;

export function costsOf(document: CostDocument): Costs {
  const linear = linearModel(document);
  const byFamily = new Map(document.families.map((record) => [record.family, record]));
  const typicalSd = meanRelative(document);
  let relativeError: ((latency_us: number) => number) | undefined;
  return {
    call_s: linear.coefficient("call") / 1e6,
    predictors: document.families.map((record) => familyPredictor(record, linear, document)),
    halfOfNetwork: (kernels, latency_s) => {
      const latency_us = 1e6 * latency_s;
      const terms = kernels.flatMap((kernel) => {
        const family = kernelFamily(kernel);
        return linear.terms(kernel, byFamily.get(family)?.structure ?? document.structure, family);
      });
      const sd_us = linear.sd([...terms, ...linear.columnsOf([{ name: "call", value: 1 }])]);
      // Networks left out had the usual share of uncertain coefficients; one with more is less certain.
      const more = Math.max(0, sd_us ** 2 - (typicalSd * latency_us) ** 2);
      relativeError ??= relativeErrorAt(document.leftOut);
      const half = relativeError(latency_us) * latency_us;
      const own = byFamily.size > 0 && document.leftOut.length > 0 ? half : normal95 * sd_us;
      return Math.hypot(own, normal95 * Math.sqrt(more)) / 1e6;
    },
    halfOfChange: (changes) => {
      const differences = changes.flatMap((change) => {
        const record = byFamily.get(kernelFamily(change.after));
        return record ? [{ record, terms: differenceOf(change, record, linear) }] : [];
      });
      const shares_us = differences.map(
        ({ record, terms }) => record.discrepancy * linear.sum(terms),
      );
      const sd_us = linear.sd(differences.flatMap(({ terms }) => terms));
      return (normal95 * Math.hypot(sd_us, ...shares_us)) / 1e6;
    },
  };
}

/** What sets two kernels of a family apart. */
const differenceOf = (
  { before, after }: KernelChange,
  { structure, family }: FamilyRecord,
  linear: LinearModel,
): Weighted[] => [
  ...linear.terms(after, structure, family),
  ...linear
    .terms(before, structure, family)
    .map(({ column, value }) => ({ column, value: -value })),
];

const meanRelative = ({ leftOut }: CostDocument): number =>
  leftOut.reduce((sum, { sd_us, latency_us }) => sum + sd_us / latency_us, 0) /
  Math.max(1, leftOut.length);

interface Weighted {
  readonly column: number;
  readonly value: number;
}

interface LinearModel {
  coefficient(name: string): number;
  columnsOf(terms: readonly { readonly name: string; readonly value: number }[]): Weighted[];
  terms(kernel: Kernel, structure: Structure, family: string): Weighted[];
  sum(terms: readonly Weighted[]): number;
  sd(terms: readonly Weighted[]): number;
}

function linearModel(document: CostDocument): LinearModel {
  const { columns, coefficients_us } = document;
  const index = new Map(columns.map((name, column) => [name, column]));
  let covariance: SymmetricMatrix | undefined;
  const columnsOf: LinearModel["columnsOf"] = (terms) =>
    terms.flatMap(({ name, value }) => {
      const column = index.get(name);
      return column === undefined ? [] : [{ column, value }];
    });
  return {
    coefficient: (name) => coefficients_us[index.get(name) ?? -1] ?? 0,
    columnsOf,
    terms: (kernel, structure, family) =>
      columnsOf([
        { name: `${kernel.op} ${regimeOf(kernel, structure)}`, value: 1 },
        ...termsOf(kernel, structure).map(({ name, value }) => ({
          name: `${family} ${name}`,
          value,
        })),
      ]),
    sum: (terms) =>
      terms.reduce((sum, { column, value }) => sum + value * (coefficients_us[column] ?? 0), 0),
    sd: (terms) => {
      covariance ??= unpackCovariance(document);
      return Math.sqrt(Math.max(0, quadratic(covariance, merged(terms))));
    },
  };
}

/** Terms of several kernels in one vector. */
function merged(terms: readonly Weighted[]): readonly Weighted[] {
  const sums = new Map<number, number>();
  for (const { column, value } of terms) sums.set(column, (sums.get(column) ?? 0) + value);
  return [...sums].map(([column, value]) => ({ column, value }));
}

function familyPredictor(
  record: FamilyRecord,
  linear: LinearModel,
  { commonSd = 0, freedom = Number.POSITIVE_INFINITY }: CostDocument,
): Predictor {
  const { family, example, structure, stairs, regimes, discrepancy } = record;
  const isKnown = (kernel: Kernel): boolean =>
    isWithin(kernel.inChannels, record.in) &&
    isWithin(kernel.outChannels, record.out) &&
    regimes.includes(regimeOf(kernel, structure));
  return {
    family,
    example,
    structure,
    stairs,
    ranges: { in: record.in, out: record.out },
    predict: (kernel) => {
      if (!isKnown(kernel)) return undefined;
      const terms = linear.terms(kernel, structure, family);
      const cost_us = Math.max(smallest_us, linear.sum(terms));
      const sd_us = Math.hypot(linear.sd(terms), discrepancy * cost_us, commonSd * cost_us);
      const half_us = studentT95(freedom) * Math.hypot(sd_us, unresolved_us);
      return { latency_s: cost_us / 1e6, half_s: half_us / 1e6 };
    },
    halfOfDifference: (a, b) => {
      const terms = differenceOf({ before: a, after: b }, record, linear);
      const share_us = discrepancy * Math.abs(linear.sum(terms));
      return (normal95 * Math.hypot(linear.sd(terms), share_us)) / 1e6;
    },
  };
}

/** No kernel is free, but what some cost is lost in the noise of whole networks: 1 ns then, give or take what is lost, µs. */
const smallest_us = 1e-3;
const unresolved_us = 0.05;

const isWithin = (width: number, [low, high]: readonly [number, number]): boolean =>
  low <= width && width <= high;
