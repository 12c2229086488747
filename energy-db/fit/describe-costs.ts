import { kernelFamily } from "../../src/network/kernel.ts";
import { seededRandom, shuffled } from "../../src/random.ts";
import { median } from "../../src/statistics.ts";
import { groupBy } from "../group-by.ts";
import { type CostDocument, usedColumns } from "./cost-document.ts";
import { type CostFit, fitCosts, fitCostsAsPrecise, type StructureOf } from "./cost-fit.ts";
import type { Observations } from "./observations.ts";
import { regimeOf } from "./packing.ts";
import { familyStructure, findStairs } from "./stairs.ts";
import { likeliestStructures } from "./structures.ts";

/** Relative standard deviation of a kernel around its family's cost where its node times cannot tell. */
const usualDiscrepancy = 0.1;

/** Fits the costs and everything an answer needs to know of them. */
export function describeCosts(
  observations: Omit<Observations, "commonSd"> & Partial<Observations>,
): CostDocument {
  const { networks, kernels, protocol } = observations;
  const structures = likeliestStructures(sampled(observations));
  const first = fitCosts(observations, (_, op) => structures.of(op));
  const stairs = findStairs(networks, kernels, first, structures);
  const structureOf: StructureOf = (family, op) =>
    familyStructure(stairs.get(family), structures.of(op));
  const fit = fitCostsAsPrecise(observations, structureOf);
  const { discrepancy } = fit;
  const seen = [
    ...kernels.map(({ kernel }) => kernel),
    ...networks.flatMap((network) => network.kernels),
  ];
  return {
    form: "packed-kernels-1",
    protocol,
    structure: structures.common,
    columns: [...fit.columns],
    coefficients_us: [...fit.coefficients_us].map(rounded),
    covariance_us2: packCovariance(fit),
    families: [...groupBy(seen, kernelFamily)].flatMap(([family, members]) => {
      const [example] = members;
      if (!example) return [];
      const structure = structureOf(family, example.op);
      return [
        {
          family,
          example,
          structure,
          regimes: [...new Set(members.map((kernel) => regimeOf(kernel, structure)))],
          in: rangeOf(members.map(({ inChannels }) => inChannels)),
          out: rangeOf(members.map(({ outChannels }) => outChannels)),
          stairs: [...(stairs.get(family) ?? [])],
          discrepancy: rounded(discrepancy.get(family) ?? usualDiscrepancy),
        },
      ];
    }),
    commonSd: rounded(observations.commonSd ?? 0),
    ...(networks.length > 0 ? { freedom: freedomOf(networks) } : {}),
    leftOut: fit.leftOut.map(({ latency_us, residual_us, sd_us }) => ({
      latency_us: rounded(latency_us),
      residual_us: rounded(residual_us),
      sd_us: rounded(sd_us),
    })),
  };
}

/** A parameter is taken off; fewer than two tell next to nothing. */
function freedomOf(networks: Observations["networks"]): number {
  const counts = networks.map(({ kernels }) => kernels.length);
  const usual = median(counts);
  return Math.max(2, counts.filter((count) => count !== usual).length - 1);
}

/** Kernels timed alone that choose a structure, at most: it is fitted dozens of times, and shows in far fewer. */
const mostJudges = 1000;

/** Drawn at random: at even steps, every width of a grid could be a multiple of something. */
function sampled<Rows extends Pick<Observations, "networks" | "kernels">>(
  observations: Rows,
): Rows {
  const { networks, kernels } = observations;
  if (networks.length > 0 || kernels.length <= mostJudges) return observations;
  return { ...observations, kernels: shuffled(kernels, seededRandom(1)).slice(0, mostJudges) };
}

/** Six digits are more than any time is known to. */
const rounded = (value: number): number => Number(value.toPrecision(6));

const rangeOf = (widths: readonly number[]): [number, number] => [
  Math.min(...widths),
  Math.max(...widths),
];

function packCovariance({ coefficients_us, covariance }: CostFit): number[] {
  const used = usedColumns(coefficients_us);
  return used.flatMap((a, i) => used.slice(0, i + 1).map((b) => rounded(covariance.get(a, b))));
}
