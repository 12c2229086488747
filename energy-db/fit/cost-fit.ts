import type { Matrix } from "ml-matrix";
import { type Kernel, type KernelOp, kernelFamily, kernelKey } from "../../src/network/kernel.ts";
import { median } from "../../src/statistics.ts";
import { groupBy } from "../group-by.ts";
import { regimeOf, type Structure, termsOf } from "./packing.ts";
import { predicted, type RobustFit, type Row, robustFit } from "./robust-fit.ts";
import { quadratic } from "./uncertainty.ts";

/** A whole network's latency: what the costs of its kernels must add up to. */
export interface NetworkObservation {
  readonly kernels: readonly Kernel[];
  readonly latency_s: number;
  /** Standard deviation as a fraction of the latency. */
  readonly relativeSd: number;
}

/** A kernel's time inside a network by the runtime's node profiler, with the time of recording in it. */
export interface KernelObservation {
  readonly kernel: Kernel;
  readonly time_s: number;
  /** Runtime nodes it consists of, each of which was recorded. */
  readonly nodes: number;
  /** Names the network it was timed in: times of one network share its moment. Absent where it was timed alone. */
  readonly network?: string;
}

/** The structure of each family, by its key and operation. */
export type StructureOf = (family: string, op: KernelOp) => Structure;

/** Cost of everything measured as a linear model, in microseconds. */
export interface CostFit {
  readonly columns: readonly string[];
  readonly coefficients_us: Float64Array;
  readonly covariance: Matrix;
  /** Residuals of networks left out of the fit, a tenth at a time: latency and (predicted - measured), µs. */
  readonly leftOut: readonly {
    readonly latency_us: number;
    readonly residual_us: number;
    readonly sd_us: number;
  }[];
  /** Relative standard deviation of node times around the fit, by family, where they can tell. */
  readonly discrepancy: ReadonlyMap<string, number>;
  readonly structureOf: StructureOf;
  /** How precise node times turned out to be. */
  readonly nodes: NodeNoise;
  /** Logarithm of the likelihood, up to a constant: structures are chosen by it. */
  readonly logLikelihood: number;
  /** What the row of a kernel or network should be, µs, and its standard deviation from the coefficients alone. */
  predict(
    kernels: readonly Kernel[],
    isNetwork: boolean,
  ): { readonly cost_us: number; readonly sd_us: number };
}

/**
 * A node's time is not the kernel's: the log's own memory adds up to a microsecond to some nodes, and caches are colder. So
 * node times decide how the cost of large kernels splits, and whole networks what small ones cost.
 */
const usualNodes: NodeNoise = { absolute_us: 1.4, relative: 0.2 };
/** Of times taken of a kernel alone: they are what they say. */
const loneSd = { absolute_us: 0.02, relative: 0.03 };
/** Recording empty nodes takes less than recording those that fill the caches: a hint, for where nothing else tells, µs. */
const recordingSd_us = 5;
const folds = 10;

/** What node times are worth: their standard deviation. */
interface NodeNoise {
  readonly absolute_us: number;
  readonly relative: number;
}

/** Coefficient of what kernels take more under the profiler, as a fraction of their cost; `usualScale` more than it is, so that it may be negative. */
const scaleColumn = "profiled";
const usualScale = 0.1;

/** What the costs are fitted to. */
export interface FittedRows {
  readonly networks: readonly NetworkObservation[];
  readonly kernels: readonly KernelObservation[];
  /** What recording a node takes, as the profiler's own calibration has it, s. */
  readonly recording_s?: number;
}

/** Fits call, recording and kernel terms to whole networks and node times at once. */
export function fitCosts(
  { networks, kernels, recording_s }: FittedRows,
  structureOf: StructureOf,
  noise: NodeNoise = usualNodes,
  costOf?: CostOf,
): CostFit {
  const index = columnIndex();
  const rows = [
    ...networks.map((network) => networkRow(network, structureOf, index)),
    ...kernels.map((kernel) => kernelRow(kernel, structureOf, index, { noise, costOf })),
    ...(recording_s === undefined
      ? []
      : [rowOf(new Map([["recording", 1]]), index, 1e6 * recording_s, recordingSd_us)]),
  ];
  const columns = index.names();
  const fit = robustFit(rows, columns.length);
  const residual = (row: Row, coefficients = fit.coefficients): number =>
    predicted(row, coefficients) - row.target;
  const ofKernels = () => rows.slice(networks.length, networks.length + kernels.length);
  const predict = (asked: readonly Kernel[], isNetwork: boolean) => {
    const terms = new Map<string, number>(isNetwork ? [["call", 1]] : []);
    for (const kernel of asked) addKernel(terms, kernel, structureOf);
    const present = [...terms].flatMap(([name, value]) => {
      const column = index.find(name);
      return column === undefined ? [] : [{ column, value }];
    });
    return {
      cost_us: present.reduce(
        (sum, { column, value }) => sum + value * (fit.coefficients[column] ?? 0),
        0,
      ),
      get sd_us() {
        return Math.sqrt(Math.max(0, quadratic(fit.covariance, present)));
      },
    };
  };
  return {
    columns,
    coefficients_us: fit.coefficients,
    // Dozens of fits only choose a structure: what takes as long as the fit itself is worked out when it is asked for.
    get covariance() {
      return fit.covariance;
    },
    get leftOut() {
      return leaveOut(rows.slice(0, networks.length), fit).map((left, i) => ({
        ...left,
        sd_us: predict(networks[i]?.kernels ?? [], true).sd_us,
      }));
    },
    structureOf,
    get discrepancy() {
      return discrepancies(kernels, ofKernels(), residual);
    },
    logLikelihood: studentLikelihood(rows.map((row) => residual(row) / row.sd)),
    get nodes() {
      return nodeNoise(kernels, ofKernels(), residual);
    },
    predict,
  };
}

/**
 * The same with node times as precise as their own residuals show, and at a scale of their own: they are medians and networks'
 * are floors, and half a per cent of a large kernel is as much as a small one costs. What the scale applies to is the cost
 * itself, so that is fitted first.
 */
export function fitCostsAsPrecise(rows: FittedRows, structureOf: StructureOf): CostFit {
  const isTimedInNetworks = rows.networks.length > 0 && rows.kernels.some(({ nodes }) => nodes > 0);
  let fit = fitCosts(rows, structureOf);
  for (let round = 0; isTimedInNetworks && round < scaleRounds; round++) {
    const { predict } = fit;
    fit = fitCosts(rows, structureOf, fit.nodes, (kernel) => predict([kernel], false).cost_us);
  }
  return fit;
}

const scaleRounds = 2;

/** Student's t with four degrees of freedom: heavy tails, since machines have bad moments. */
export const studentLikelihood = (residuals: readonly number[]): number =>
  residuals.reduce((sum, z) => sum + studentLogDensity(z), 0);

/** Up to a constant. */
export const studentLogDensity = (z: number): number => -2.5 * Math.log1p((z * z) / 4);

interface ColumnIndex {
  of(name: string): number;
  find(name: string): number | undefined;
  names(): readonly string[];
}

function columnIndex(): ColumnIndex {
  const known = new Map<string, number>();
  return {
    of: (name) => {
      const column = known.get(name) ?? known.size;
      known.set(name, column);
      return column;
    },
    find: (name) => known.get(name),
    names: () => [...known.keys()],
  };
}

/** Adds a kernel's terms: the constant of its operation and regime, shared by all families, and its family's own. */
export function addKernel(
  terms: Map<string, number>,
  kernel: Kernel,
  structureOf: StructureOf,
): void {
  const family = kernelFamily(kernel);
  const structure = structureOf(family, kernel.op);
  const add = (name: string, value: number) => terms.set(name, (terms.get(name) ?? 0) + value);
  add(`${kernel.op} ${regimeOf(kernel, structure)}`, 1);
  for (const { name, value } of termsOf(kernel, structure)) add(`${family} ${name}`, value);
}

function networkRow(
  { kernels, latency_s, relativeSd }: NetworkObservation,
  structureOf: StructureOf,
  index: ColumnIndex,
): Row {
  const terms = new Map([["call", 1]]);
  for (const kernel of kernels) addKernel(terms, kernel, structureOf);
  return {
    ...rowOf(terms, index, 1e6 * latency_s, relativeSd * 1e6 * latency_s),
    kind: "network",
  };
}

function kernelRow(
  { kernel, time_s, nodes }: KernelObservation,
  structureOf: StructureOf,
  index: ColumnIndex,
  { noise, costOf }: { readonly noise: NodeNoise; readonly costOf: CostOf | undefined },
): Row {
  const time_us = 1e6 * time_s;
  const terms = new Map<string, number>();
  addKernel(terms, kernel, structureOf);
  if (nodes === 0)
    return rowOf(terms, index, time_us, Math.hypot(loneSd.absolute_us, loneSd.relative * time_us));
  terms.set("recording", nodes);
  const cost_us = costOf?.(kernel) ?? 0;
  if (cost_us > 0) terms.set(scaleColumn, cost_us);
  const sd = Math.hypot(noise.absolute_us * Math.sqrt(nodes), noise.relative * time_us);
  return { ...rowOf(terms, index, time_us + usualScale * cost_us, sd), kind: "node" };
}

type CostOf = (kernel: Kernel) => number;

const rowOf = (
  terms: ReadonlyMap<string, number>,
  index: ColumnIndex,
  target: number,
  sd: number,
): Row => ({
  columns: [...terms.keys()].map(index.of),
  values: [...terms.values()],
  target,
  sd,
});

/** Every network predicted by a fit without it and the rest of its tenth. */
function leaveOut(networks: readonly Row[], fit: RobustFit) {
  const left = new Array<{ latency_us: number; residual_us: number }>(networks.length);
  for (let fold = 0; fold < Math.min(folds, networks.length); fold++) {
    const out = [...networks.keys()].filter((i) => i % folds === fold);
    const coefficients = fit.without(out);
    for (const i of out) {
      const row = networks[i];
      if (!row) continue;
      left[i] = {
        latency_us: row.target,
        residual_us: predicted(row, coefficients) - row.target,
      };
    }
  }
  return left;
}

/** Node times below this say little about a family's shape, µs. */
const telling_us = 4;
/** Above this noise is in proportion, below `telling_us` it is not. */
const proportional_us = 20;
/** Fewest residuals that a spread is made of. */
const fewestResiduals = 5;

const spreadOf = (residuals: readonly number[]): number => 1.4826 * median(residuals.map(Math.abs));

/** Noise of node times by their residuals: of short ones absolute, of long ones relative; no less than a tenth of what is usual, and no more than that. */
function nodeNoise(
  kernels: readonly KernelObservation[],
  rows: readonly Row[],
  residual: (row: Row) => number,
): CostFit["nodes"] {
  const recorded = rows.filter((_, i) => (kernels[i]?.nodes ?? 0) > 0);
  const short = recorded.filter(({ target }) => target < telling_us).map(residual);
  const long = recorded
    .filter(({ target }) => target > proportional_us)
    .map((row) => residual(row) / row.target);
  const within = (residuals: readonly number[], usual: number): number =>
    residuals.length < fewestResiduals
      ? usual
      : Math.min(usual, Math.max(usual / 10, spreadOf(residuals)));
  return {
    absolute_us: within(short, usualNodes.absolute_us),
    relative: within(long, usualNodes.relative),
  };
}

/**
 * How far kernels lie from their family's law, as a fraction: what their node times vary by around it, beyond what times of
 * one and the same kernel in several networks vary by (the lack of fit beyond pure error).
 */
function discrepancies(
  kernels: readonly KernelObservation[],
  rows: readonly Row[],
  residual: (row: Row) => number,
): ReadonlyMap<string, number> {
  const telling = kernels.flatMap(({ kernel }, i) => {
    const row = rows[i];
    return row && row.target > telling_us ? [{ kernel, relative: residual(row) / row.target }] : [];
  });
  const pure = [...groupBy(telling, ({ kernel }) => kernelKey(kernel)).values()].flatMap((same) => {
    const centre = same.reduce((sum, { relative }) => sum + relative, 0) / same.length;
    const widened = Math.sqrt(same.length / Math.max(1, same.length - 1));
    return same.length > 1 ? same.map(({ relative }) => widened * (relative - centre)) : [];
  });
  const noise = pure.length < 2 * fewestResiduals ? 0 : spreadOf(pure);
  return new Map(
    [...groupBy(telling, ({ kernel }) => kernelFamily(kernel))].flatMap(([family, group]) =>
      group.length < fewestResiduals
        ? []
        : [
            [
              family,
              Math.sqrt(
                Math.max(0, spreadOf(group.map(({ relative }) => relative)) ** 2 - noise ** 2),
              ),
            ] as const,
          ],
    ),
  );
}
