import { type Kernel, type KernelOp, kernelFamily } from "../../src/network/kernel.ts";
import { median } from "../../src/statistics.ts";
import { groupBy } from "../group-by.ts";
import {
  addKernel,
  type CostFit,
  type KernelObservation,
  type NetworkObservation,
  type Structures,
  studentLikelihood,
} from "./cost-fit.ts";
import { regimeOf, type Structure, termsOf } from "./packing.ts";
import { type Axis, axesOf, widthAlong } from "./plane.ts";
import { predicted, type Row, robustFit } from "./robust-fit.ts";

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
/** Steps are believed from this confidence on. */
const sure = 0.95;

/**
 * Which steps each family shows along each axis, on evidence of its own: its node times, and what whole networks take
 * beyond their other kernels. Every candidate is fitted to them; how much likelier one makes them than the others, times
 * the belief before, is its probability. Networks in which a kernel is repeated many times tell most. The belief before
 * grows with every other family of the operation that is sure of the platform's block by itself: a runtime packs one
 * operation in one way (empirical Bayes).
 */
export function findStairs(
  networks: readonly NetworkObservation[],
  kernels: readonly KernelObservation[],
  fit: CostFit,
  structures: Structures,
): ReadonlyMap<string, readonly Staircase[]> {
  const recording_us = coefficientOf(fit, "recording");
  const families = groupBy(kernels, ({ kernel }) => kernelFamily(kernel));
  const judged = [...families].flatMap(([family, observed]) => {
    const [first] = observed;
    if (!first) return [];
    const { op } = first.kernel;
    const platform = structures.of(op);
    const evidence = [
      ...observed.map((seen) => nodeEvidence(seen, fit, platform, recording_us)),
      ...networks.flatMap((network) => networkEvidence(network, family, fit)),
    ];
    return familyStairs(axesOf(first.kernel), thinned(evidence), platform).map((along) => ({
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
  const believed = alone.map(({ along }) => {
    const others = alone.filter(
      ({ along: other, found }) =>
        other.op === along.op && other !== along && (found.confidence ?? 0) >= sure,
    );
    const agreeing = others.filter(({ along: other, found }) => found.step === other.platformBlock);
    const belief = (trustWeight * trust + agreeing.length) / (trustWeight + others.length);
    return { family: along.family, found: staircase(along, belief) };
  });
  return new Map(
    [...groupBy(believed, ({ family }) => family)].map(([family, found]) => [
      family,
      found.map(({ found: stairs }) => stairs),
    ]),
  );
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
}

function nodeEvidence(
  { kernel, time_s, nodes }: KernelObservation,
  fit: CostFit,
  platform: Structure,
  recording_us: number,
): Evidence {
  const constant_us = coefficientOf(fit, `${kernel.op} ${regimeOf(kernel, platform)}`);
  const time_us = 1e6 * time_s;
  return {
    kernels: [kernel],
    time_us: time_us - recording_us * nodes - constant_us,
    sd_us: Math.hypot(0.5, 0.05 * time_us),
    isNetwork: false,
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
  const logLikelihoods = candidates.map((block) => {
    const candidate = { ...structure, [axis]: { block, align: Math.min(align, block) } };
    const residuals = residualsOf(usable, candidate, platform);
    const of = (isNetwork: boolean) =>
      likeliest(residuals.filter((_, at) => usable[at]?.isNetwork === isNetwork));
    return of(false) + of(true);
  });
  return { axis, widths, platformBlock, logLikelihoods };
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

/** Standardised residuals of the family's terms fitted alone. Narrow kernels keep their regime under every candidate. */
function residualsOf(
  evidence: readonly Evidence[],
  structure: Structure,
  platform: Structure,
): readonly number[] {
  const names = new Map<string, number>();
  const rows = evidence.map(({ kernels, time_us, sd_us }): Row => {
    const terms = new Map<string, number>();
    for (const kernel of kernels) {
      const regime = regimeOf(kernel, platform);
      const packed = { ...structure, in: regime === "narrow" ? platform.in : structure.in };
      for (const { name, value } of [{ name: "once", value: 1 }, ...termsOf(kernel, packed)])
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

/** Log-likelihood of residuals of one kind at the scale that makes them likeliest: how noisy they are is not known. */
function likeliest(residuals: readonly number[]): number {
  if (residuals.length === 0) return 0;
  const deviation = Math.max(exact, 1.4826 * median(residuals.map(Math.abs)));
  return Math.max(
    ...scales.map((scale) => {
      const scaled = residuals.map((z) => z / (scale * deviation));
      return studentLikelihood(scaled) - residuals.length * Math.log(scale * deviation);
    }),
  );
}
