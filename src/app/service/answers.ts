import {
  type CostTable,
  checkTable,
  type GuessedCosts,
  type LikeCosts,
  type MeasuredKernel,
} from "../../../energy-db/index.ts";
import type { Network } from "../../network/network.ts";
import { askedKernel, type KernelQuestion, kernelFilter } from "../workflows/asked-kernel.ts";
import { guessCost } from "../workflows/guess-cost.ts";
import { costFields, kernelRow } from "../workflows/kernel-row.ts";
import { likeCost, likenessOf } from "../workflows/like-cost.ts";
import type { PlatformChoice, TableReader } from "./table-reader.ts";

/** Documents that the service sends, from the table: plain records, without getters or internal fields. */

const measuredFields = ({
  latency_s,
  low_s,
  high_s,
  provenance,
  observations,
}: MeasuredKernel) => ({ latency_s, low_s, high_s, provenance, observations });

export function costDocument(costs: CostTable, question: KernelQuestion) {
  const kernel = askedKernel(question, costs);
  const measured = costs.measured(kernel);
  return {
    schema: 1 as const,
    kernel,
    ...costFields(costs.cost(kernel)),
    ...(measured ? { measured: measuredFields(measured) } : {}),
    source: costs.source,
  };
}

export function likeDocument(costs: LikeCosts, question: KernelQuestion) {
  const { kernel, cost, source } = likeCost(costs, question);
  return { schema: 1 as const, kernel, ...costFields(cost), like: likeFields(costs), source };
}

export function guessDocument(costs: GuessedCosts, question: KernelQuestion) {
  const { kernel, cost } = guessCost(costs, question);
  return { schema: 1 as const, kernel, ...costFields(cost), source: costs.source };
}

function likeFields(costs: LikeCosts) {
  const like = likenessOf(costs);
  return { ...like, platforms: [...like.platforms] };
}

export function marginalDocument(
  costs: CostTable,
  question: KernelQuestion,
  { grow, by = costs.alignment }: { readonly grow: "in" | "out"; readonly by?: number | undefined },
) {
  const kernel = askedKernel(question, costs);
  const marginal = costs.marginal(kernel, { grow, by });
  return {
    schema: 1 as const,
    kernel,
    grow,
    by,
    ...costFields(marginal),
    freeUntil: marginal.freeUntil,
    source: costs.source,
  };
}

export const likePredictionDocument = (costs: LikeCosts, network: Network) => ({
  ...predictionDocument(costs, network),
  like: likeFields(costs),
});

export function predictionDocument(
  costs: Pick<CostTable, "networkCost" | "overhead" | "source">,
  network: Network,
) {
  const predicted = costs.networkCost(network);
  return {
    schema: 1 as const,
    network: network.name,
    ...costFields(predicted),
    overhead_s: costs.overhead.latency_s,
    layers: predicted.layers.map(({ layer, kernel, cost }) => ({
      layer,
      kernel,
      ...costFields(cost),
    })),
    source: costs.source,
  };
}

export const kernelRows = (costs: CostTable, question: KernelQuestion) =>
  costs.kernels(kernelFilter(question)).map(kernelRow);

export const stairsRows = (costs: CostTable, question: KernelQuestion) =>
  costs
    .stairs(kernelFilter(question, { widths: false }))
    .map(({ example, axis, step, confidence, ownConfidence, widths, dear }) => ({
      kernel: example,
      axis,
      ...(step === undefined ? {} : { step }),
      ...(confidence === undefined ? {} : { confidence }),
      ...(ownConfidence === undefined ? {} : { ownConfidence }),
      widths,
      dear: [...dear],
    }));

export const platformRows = (reader: TableReader) =>
  reader.platforms().map(({ details: _, runtimeBuild: __, ...row }) => row);

export const sessionRows = (reader: TableReader, choice: PlatformChoice) =>
  reader.table
    .sessions(reader.platform(choice).id)
    .map(
      ({
        id,
        kind,
        space,
        protocol,
        toolVersion,
        startedAt,
        finishedAt,
        outcome,
        instruments,
      }) => ({
        id,
        kind,
        space,
        protocol,
        toolVersion,
        startedAt,
        ...(finishedAt === undefined ? {} : { finishedAt }),
        ...(outcome === undefined ? {} : { outcome }),
        ...(instruments.canary ? { canary_s: instruments.canary.latency_s } : {}),
      }),
    );

export const findingRows = (reader: TableReader, choice: PlatformChoice) =>
  checkTable(reader.table, reader.platform(choice).id).map(
    ({ check, severity, message, rows }) => ({ check, severity, message, rows: [...rows] }),
  );
