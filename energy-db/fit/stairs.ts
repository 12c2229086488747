import { type Kernel, type KernelOp, kernelFamily, kernelKey } from "../../src/network/kernel.ts";
import { median } from "../../src/statistics.ts";
import { groupBy } from "../group-by.ts";
import {
  addKernel,
  type CostFit,
  type KernelObservation,
  type NetworkObservation,
  studentLikelihood,
  studentLogDensity,
} from "./cost-fit.ts";
import { regimeOf, type Structure, termsOf } from "./packing.ts";
import { type Axis, axesOf, widthAlong } from "./plane.ts";
import { predicted, type Row, robustFit } from "./robust-fit.ts";
import type { Structures } from "./structures.ts";

/** What was found along one axis of a family. */
export interface Staircase {
  readonly axis: Axis;
  /** Cost is constant up to the next multiple; absent where it is not, or the measurements cannot tell. */
  readonly step?: number;
  /**
   * Probability of that step, or of none, among the candidates, given the measurements: 0 to 1. Absent where too few widths
   * were measured to judge.
   */
  readonly confidence?: number;
  /** The same from this family's own measurements, as if no other had been measured. */
  readonly ownConfidence?: number;
  /** Distinct widths measured. */
  readonly widths: number;
}

/** Block sizes of the runtimes known: vector widths, packing, tiles. */
const candidates = [1, 2, 4, 8, 12, 16, 32, 64];
/** What is believed before looking: the block that the whole platform shows, more than all the others together. */
const trust = 0.7;
/** As much is believed before looking as so many families could show. */
const trustWeight = 2;
const fewestWidths = 4;
/** Residuals this small, in standard deviations, are rounding: some tables are simulated. */
const exact = 1e-6;
/** Of node times below ten microseconds, µs. */
const shortSd_us = 0.5;
/** Profilers record whole microseconds: times of short nodes agree by rounding, so they are no more precise than it. */
const roundingSd_us = 1 / Math.sqrt(12);
/** Steps are believed from this confidence on. */
const sure = 0.95;

/**
 * Which steps each family shows along each axis, on evidence of its own: its node times, where the runtime tells any, and what
 * whole networks take beyond their other kernels. Every candidate is fitted to them; how much likelier one makes them than the others, times
 * the belief before, is its probability. Networks in which a kernel is repeated many times tell most.
 *
 * How a runtime packs channels is a property of the runtime, and of its operations, not of image sizes. So the belief before
 * grows with every other family that is sure of the platform's block by itself, most with those of the operation, and falls
 * with every one that is sure of something else (a hierarchy of operations in a platform, empirical Bayes).
 */
export function findStairs(
  networks: readonly NetworkObservation[],
  kernels: readonly KernelObservation[],
  fit: CostFit,
  structures: Structures,
): ReadonlyMap<string, readonly Staircase[]> {
  const recording_us = coefficientOf(fit, "recording");
  const timed = groupBy(kernels, ({ kernel }) => kernelFamily(kernel));
  const seen = groupBy(
    [...kernels.map(({ kernel }) => kernel), ...networks.flatMap((network) => network.kernels)],
    kernelFamily,
  );
  const judged = [...seen].flatMap(([family, [first]]) => {
    if (!first) return [];
    const { op } = first;
    const platform = structures.of(op);
    const evidence = [
      ...(timed.get(family) ?? []).map((time) => nodeEvidence(time, fit, platform, recording_us)),
      ...networks.flatMap((network) => networkEvidence(network, family, fit)),
    ];
    return familyStairs(axesOf(first), thinned(evidence), platform).map((along) => ({
      ...along,
      family,
      op,
    }));
  });
  return groupedStairs(judged);
}

interface FamilyLikelihoods extends Likelihoods {
  readonly family: string;
  readonly op: KernelOp;
}

/** Every family's stairs under the belief that its operation's other families leave. */
function groupedStairs(
  judged: readonly FamilyLikelihoods[],
): ReadonlyMap<string, readonly Staircase[]> {
  const alone = judged.map((along) => ({ along, found: staircase(along, trust) }));
  const believed = alone.map(({ along, found: own }) => {
    const others = alone.filter(
      ({ along: other, found }) => other.family !== along.family && (found.confidence ?? 0) >= sure,
    );
    const ofPlatform = beliefAfter(others, trust);
    const ofOperation = beliefAfter(
      others.filter(({ along: other }) => other.op === along.op),
      ofPlatform,
    );
    const { confidence } = own;
    return {
      family: along.family,
      found: {
        ...staircase(along, ofOperation),
        ...(confidence === undefined ? {} : { ownConfidence: confidence }),
      },
    };
  });
  return new Map(
    [...groupBy(believed, ({ family }) => family)].map(([family, found]) => [
      family,
      found.map(({ found: stairs }) => stairs),
    ]),
  );
}

interface JudgedAlone {
  readonly along: FamilyLikelihoods;
  readonly found: Staircase;
}

/** Belief in the platform's block after so many families have shown it, or something else. */
function beliefAfter(families: readonly JudgedAlone[], before: number): number {
  const agreeing = families.filter(({ along, found }) => found.step === along.platformBlock);
  return (trustWeight * before + agreeing.length) / (trustWeight + families.length);
}

/** A family's own structure where its stairs are sure, else the platform's. */
export function familyStructure(
  stairs: readonly Staircase[] | undefined,
  platform: Structure,
): Structure {
  const along = (axis: Axis) => {
    const found = stairs?.find((staircase) => staircase.axis === axis);
    if (!found || (found.confidence ?? 0) < sure) return platform[axis];
    return { ...platform[axis], block: found.step ?? 1 };
  };
  return { in: along("in"), out: along("out") };
}

/** Time that kernels of one family took together, µs, the shared constants taken off. */
interface Evidence {
  readonly kernels: readonly Kernel[];
  readonly time_us: number;
  readonly sd_us: number;
  readonly isNetwork: boolean;
  /** Least deviation that residuals of such rows may have, in `sd_us`. */
  readonly leastDeviation?: number;
  /** Rows of one network share its moment; absent for one that is alone in it. */
  readonly network?: string | undefined;
}

function nodeEvidence(
  { kernel, time_s, nodes, network }: KernelObservation,
  fit: CostFit,
  platform: Structure,
  recording_us: number,
): Evidence {
  const constant_us = coefficientOf(fit, `${kernel.op} ${regimeOf(kernel, platform)}`);
  const time_us = 1e6 * time_s;
  return {
    kernels: [kernel],
    time_us: time_us - recording_us * nodes - constant_us,
    sd_us: Math.hypot(shortSd_us, 0.05 * time_us),
    isNetwork: false,
    ...(nodes > 0 ? { leastDeviation: roundingSd_us / shortSd_us } : {}),
    network,
  };
}

function networkEvidence(
  { kernels, latency_s, relativeSd }: NetworkObservation,
  family: string,
  fit: CostFit,
): readonly Evidence[] {
  const own = kernels.filter((kernel) => kernelFamily(kernel) === family);
  if (own.length === 0) return [];
  const latency_us = 1e6 * latency_s;
  const constants = new Map<string, number>();
  for (const kernel of own) addKernel(constants, kernel, fit.structureOf);
  const shared_us = [...constants]
    .filter(([name]) => !name.startsWith(family))
    .reduce((sum, [name, value]) => sum + value * coefficientOf(fit, name), 0);
  const others = kernels.filter((kernel) => kernelFamily(kernel) !== family);
  return [
    {
      kernels: own,
      time_us: latency_us - fit.predict(others, true).cost_us - shared_us,
      sd_us: relativeSd * latency_us,
      isNetwork: true,
    },
  ];
}

/** How likely every candidate makes the evidence along an axis; none where too few widths were measured to judge. */
interface Likelihoods {
  readonly axis: Axis;
  readonly widths: number;
  readonly platformBlock: number;
  readonly logLikelihoods: readonly number[];
}

/** Axis by axis, each with what was found along the other; then once more, since the first did not know the second. */
function familyStairs(
  axes: readonly Axis[],
  evidence: readonly Evidence[],
  platform: Structure,
): readonly Likelihoods[] {
  const judged = new Map<Axis, Likelihoods>();
  for (const axis of [...axes, ...(axes.length > 1 ? axes : [])]) {
    const structure = { ...platform };
    for (const along of judged.values()) {
      const { step = 1, confidence = 0 } = staircase(along, trust);
      if (along.axis !== axis && confidence >= likely)
        structure[along.axis] = { ...platform[along.axis], block: step };
    }
    judged.set(axis, likelihoods(axis, evidence, structure, platform));
  }
  return [...judged.values()];
}

/** Every k-th of the node times: more than this tell no more. Networks are few, and all kept. */
function thinned(evidence: readonly Evidence[]): readonly Evidence[] {
  const every = Math.ceil(evidence.filter(({ isNetwork }) => !isNetwork).length / mostTimes);
  return evidence.filter(({ isNetwork }, i) => isNetwork || i % every === 0);
}

const mostTimes = 400;
/** A step is named when it is likelier than all others together. */
const likely = 0.5;

const coefficientOf = ({ columns, coefficients_us }: CostFit, name: string): number =>
  coefficients_us[columns.indexOf(name)] ?? 0;

function likelihoods(
  axis: Axis,
  evidence: readonly Evidence[],
  structure: Structure,
  platform: Structure,
): Likelihoods {
  const { align, block: platformBlock } = platform[axis];
  const usable = evidence.filter(({ kernels }) =>
    kernels.every((kernel) => regimeOf(kernel, platform) !== "plain"),
  );
  const widths = new Set(
    usable.flatMap(({ kernels }) => kernels.map((kernel) => widthAlong(kernel, axis))),
  ).size;
  if (widths < fewestWidths) return { axis, widths, platformBlock, logLikelihoods: [] };
  const densities = candidates.map((block) => {
    const candidate = { ...structure, [axis]: { block, align: Math.min(align, block) } };
    const residuals = residualsOf(usable, candidate, platform);
    return [false, true].map((isNetwork) => {
      const own = (at: number): boolean => usable[at]?.isNetwork === isNetwork;
      const least = usable.findLast((_, at) => own(at))?.leastDeviation;
      return likeliest(
        residuals.filter((_, at) => own(at)),
        least,
      );
    });
  });
  const reference = densities[candidates.indexOf(platformBlock)] ?? densities[0] ?? [];
  const logLikelihoods = densities.map((kinds) =>
    kinds.reduce((sum, own, kind) => {
      const clusters = usable.filter(({ isNetwork }) => isNetwork === (kind === 1));
      return sum + ratioOfDependent(own, reference[kind] ?? [], clusters);
    }, 0),
  );
  return { axis, widths, platformBlock, logLikelihoods };
}

/**
 * Logarithm of how much likelier one candidate makes rows than another does, less where rows say the same together: those of one
 * network share its moment, those of one kernel what the law misses of it and how its time was rounded. Divided by how much
 * more the sums over such clusters vary than those of independent rows would (the design effect; composite likelihoods are
 * adjusted so, Ribatet and others 2012), in both ways together (Cameron, Gelbach and Miller 2011, eq. 2.3).
 */
function ratioOfDependent(
  own: readonly number[],
  other: readonly number[],
  rows: readonly Pick<Evidence, "network" | "kernels">[],
): number {
  const differences = own.map((density, i) => density - (other[i] ?? 0));
  const total = differences.reduce((sum, difference) => sum + difference, 0);
  const off = differences.map((difference) => difference - total / differences.length);
  const byNetwork = rows.map(({ network }, i) => network ?? `row ${i}`);
  const byKernels = rows.map(({ kernels }) => kernels.map(kernelKey).join());
  return total / Math.max(1, designEffect(off, byNetwork) + designEffect(off, byKernels) - 1);
}

/** Variance of sums over clusters, over that of as many independent values; 1 for values that do not vary. */
function designEffect(values: readonly number[], clusters: readonly string[]): number {
  const sums = new Map<string, number>();
  for (const [i, cluster] of clusters.entries())
    sums.set(cluster, (sums.get(cluster) ?? 0) + (values[i] ?? 0));
  const squares = (all: Iterable<number>): number => [...all].reduce((sum, x) => sum + x * x, 0);
  const independent = squares(values);
  return independent > 0 ? squares(sums.values()) / independent : 1;
}

/** The likeliest step where this much is believed of the platform's block before. */
function staircase(
  { axis, widths, platformBlock, logLikelihoods }: Likelihoods,
  belief: number,
): Staircase {
  if (logLikelihoods.length === 0) return { axis, widths };
  const logPosterior = logLikelihoods.map(
    (value, i) => value + Math.log(prior(candidates[i] ?? 1, platformBlock, belief)),
  );
  const most = Math.max(...logPosterior);
  const weights = logPosterior.map((value) => Math.exp(value - most));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const best = logPosterior.indexOf(most);
  const step = candidates[best] ?? 1;
  const confidence = (weights[best] ?? 0) / total;
  return { axis, ...(step > 1 && confidence >= likely ? { step } : {}), confidence, widths };
}

const prior = (block: number, platform: number, belief: number): number =>
  block === platform ? belief : (1 - belief) / (candidates.length - 1);

/** Standardised residuals of the family's terms fitted alone. Kernels keep their regime under every candidate. */
function residualsOf(
  evidence: readonly Evidence[],
  structure: Structure,
  platform: Structure,
): readonly number[] {
  const names = new Map<string, number>();
  const rows = evidence.map(({ kernels, time_us, sd_us }): Row => {
    const terms = new Map<string, number>();
    for (const kernel of kernels) {
      const own = termsOf(kernel, structure, regimeOf(kernel, platform));
      for (const { name, value } of [{ name: "once", value: 1 }, ...own])
        terms.set(name, (terms.get(name) ?? 0) + value);
    }
    const columns = [...terms.keys()].map((name) => {
      const column = names.get(name) ?? names.size;
      names.set(name, column);
      return column;
    });
    return { columns, values: [...terms.values()], target: time_us, sd: sd_us };
  });
  const { coefficients } = robustFit(rows, names.size);
  return rows.map((row) => (predicted(row, coefficients) - row.target) / row.sd);
}

/** Scales tried, in robust standard deviations of the residuals. */
const scales = Array.from({ length: 25 }, (_, i) => 0.3 * 1.12 ** i);

/** Log-densities of residuals of one kind at the scale that makes them likeliest: how noisy they are is not known. */
function likeliest(residuals: readonly number[], least = exact): readonly number[] {
  if (residuals.length === 0) return [];
  const deviation = Math.max(least, 1.4826 * median(residuals.map(Math.abs)));
  const likelihoodAt = (scale: number): number =>
    studentLikelihood(residuals.map((z) => z / (scale * deviation))) -
    residuals.length * Math.log(scale * deviation);
  const best = scales.reduce(
    (most, scale) => {
      const value = likelihoodAt(scale);
      return value > most.value ? { scale, value } : most;
    },
    { scale: 1, value: Number.NEGATIVE_INFINITY },
  );
  const size = best.scale * deviation;
  return residuals.map((z) => studentLogDensity(z / size) - Math.log(size));
}
