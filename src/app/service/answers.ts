import type {
  CostTable,
  ForeignAnswer,
  ForeignChange,
  GuessedCosts,
  LikeCosts,
  MeasuredKernel,
} from "../../../energy-db/index.ts";
import type { Network } from "../../network/network.ts";
import { askedKernel, type KernelQuestion, kernelFilter } from "../workflows/asked-kernel.ts";
import { type CheckChoice, checkTables } from "../workflows/check-tables.ts";
import { guessCost } from "../workflows/guess-cost.ts";
import { foreignQuestion, type ImportedQuestion } from "../workflows/imported-costs.ts";
import { costFields, kernelRow } from "../workflows/kernel-row.ts";
import { likeCost, likenessOf } from "../workflows/like-cost.ts";
import type { ImportedAnswers, PlatformChoice, TableReader } from "./table-reader.ts";

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

/** The same from the rows of an imported table. */
export function importedCostDocument({ rows }: ImportedAnswers, asked: ImportedQuestion) {
  const question = foreignQuestion(asked);
  return {
    schema: 1 as const,
    question,
    ...answerFields(rows.cost(question)),
    source: rows.source,
  };
}

export function importedMarginalDocument(
  { rows }: ImportedAnswers,
  asked: ImportedQuestion,
  change: ForeignChange,
) {
  const question = foreignQuestion(asked);
  const { now, wider, ...marginal } = rows.marginal(question, change);
  return {
    ...{ schema: 1 as const, question, ...marginal },
    ...{ now: answerFields(now), wider: answerFields(wider), source: rows.source },
  };
}

const answerFields = ({ rows, ...answer }: ForeignAnswer) => ({ ...answer, rows: [...rows] });

export const importedStairsRows = ({ rows }: ImportedAnswers, asked: ImportedQuestion) =>
  rows.stairs(foreignQuestion(asked)).map(({ dear, ...row }) => ({ ...row, dear: [...dear] }));

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

/** Everything that `table check` finds of one device, or of one platform of it. */
export function findingRows(reader: TableReader, choice: PlatformChoice) {
  const { device } = choice;
  return checkedRows(
    reader,
    reader.imported(choice) ? { device } : { platform: reader.platform(choice).id },
  );
}

export const checkedRows = (reader: TableReader, choice: CheckChoice) =>
  checkTables(reader.table, choice).map(({ check, severity, message, rows }) => ({
    ...{ check, severity, message, rows: [...rows] },
  }));
