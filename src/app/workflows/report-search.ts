import { basename, resolve } from "node:path";
import type { CostTable, EnergyModel, EnergyTable, LayerCost } from "../../../energy-db/index.ts";
import { importedCostTable, loadCosts } from "../../../energy-db/index.ts";
import {
  comparingKind,
  isFromScratch,
  type NetworkCost,
  type SearchHistory,
  trialKind,
} from "../../../search/index.ts";
import { isGraphName } from "../../datasets/index.ts";
import { UserError } from "../../errors.ts";
import type {
  BudgetRow,
  CandidateRow,
  ComparedSearch,
  Costs,
  DeliveredNetwork,
  LayerRow,
  PlatformRow,
  Reading,
  ReportData,
  RivalRow,
  SearchResult,
  ShapeRow,
} from "../../figures/index.ts";
import type { Kernel } from "../../network/kernel.ts";
import type { Network } from "../../network/network.ts";
import { findPlatform } from "./open-costs.ts";
import { costReadings, costsReport, tableReport } from "./report-table.ts";
import {
  type FinishedSearch,
  type ReferenceRecord,
  type RunRecord,
  readDocument,
  readFound,
  type VerificationRecord,
} from "./search-folder.ts";
import { verifiedEnergy, verifiedLayerEnergy } from "./verified-energy.ts";

/** Everything a search's folder and its table tell. */
export function searchReport(folder: string, table: EnergyTable): ReportData {
  const { found, source, verification, references } = readSearch(folder, table);
  const { history, run, network } = found;
  const { costs } = source;
  return {
    title: `${history.network} for ${run.device}`,
    generatedAt: run.generatedAt,
    toolVersion: run.toolVersion,
    seed: history.seed,
    command: run.command,
    ...source.report(network),
    budgets: budgetRows(found),
    delivered: deliveredNetwork(found, costs, verification),
    search: searchResult(history, references, costs),
    layers: layersResult(costs.networkCost(network).layers, verification, costs),
  };
}

/** What a comparison of searches shows of one of them. */
export function comparedSearch(name: string, folder: string, table: EnergyTable): ComparedSearch {
  const { found, source, verification, references } = readSearch(folder, table);
  const { history } = found;
  const { platform, costs } = source;
  const { account } = history;
  return {
    name,
    network: history.network,
    recipe: history.recipe.name,
    seed: history.seed,
    platform,
    budgets: budgetRows(found),
    delivered: deliveredNetwork(found, costs, verification),
    search: searchResult(history, references, costs),
    trainings: account.candidates,
    trainedExamples: account.examples,
    trainedMacs: account.macs,
  };
}

/** Folders by their last name; by their whole path where two share it. */
export function shortNames(folders: readonly string[]): readonly string[] {
  const names = folders.map((folder) => basename(resolve(folder)));
  return names.map((name, i) =>
    names.filter((other) => other === name).length > 1 ? (folders[i] ?? name) : name,
  );
}

function readSearch(folder: string, table: EnergyTable) {
  const found = readFound(folder);
  return {
    found,
    source: sourceOf(table, found.run),
    verification: readDocument(folder, "verification"),
    references: readDocument(folder, "references") ?? [],
  };
}

/** Where the costs of a search are from, and what a report shows of it. */
interface CostSource {
  readonly costs: CostTable;
  readonly platform: PlatformRow;
  report(network: Network): Partial<ReportData>;
}

function sourceOf(table: EnergyTable, run: RunRecord): CostSource {
  if (run.imported !== undefined) return importedSource(table, run.device, run.imported);
  const platform = findPlatform(table, run);
  return {
    platform,
    costs: loadCosts(table, platform.id, { space: run.space }),
    report: (network) => tableReport(table, platform, network, run.space),
  };
}

function importedSource(table: EnergyTable, device: string, id: number): CostSource {
  const stored = table.foreignTables(device).find((known) => known.id === id);
  if (!stored)
    throw new UserError(`${table.path} no longer holds the imported table ${id} of ${device}`, {
      hint: "Give the table that the search was begun with by --db.",
      exit: "unavailable",
    });
  const costs = importedCostTable(stored);
  return {
    ...{ costs, platform: costs.platform },
    report: (network) => ({ platforms: [costs.platform], ...costsReport(costs, network) }),
  };
}

const budgetRows = ({ run }: FinishedSearch): readonly BudgetRow[] =>
  (Object.keys(run.budget) as (keyof typeof run.budget)[]).flatMap((quantity) => {
    const limit = run.budget[quantity];
    return limit === undefined ? [] : [{ quantity, limit, reference: run.budgetReference }];
  });

function deliveredNetwork(
  { network, history }: FinishedSearch,
  costs: CostTable,
  verification: VerificationRecord | undefined,
): DeliveredNetwork {
  const last = keptRounds(history).at(-1)?.candidate;
  const { test } = history;
  const predicted = costs.networkCost(network);
  return {
    testAccuracy: test?.accuracy ?? Number.NaN,
    testedOn: `${(test?.count ?? 0).toLocaleString("en-US")} test ${isGraphName(history.data) ? "nodes" : "images"}`,
    testCount: test?.count,
    predicted: costReadings(predicted),
    ...(verification ? { verified: verifiedCosts(verification, predicted, costs) } : {}),
    macs: last?.cost.macs,
    parameters: last?.cost.parameters,
    peakMemory_bytes: last?.cost.peakMemory_bytes,
  };
}

type LayerEnergy = NonNullable<VerificationRecord["layers"][number]["energy"]>;

interface VerifiedRecord {
  readonly measured: VerificationRecord["measured"];
  readonly energy?: VerificationRecord["energy"];
}

/** Latency as measured, energy as verified; records of older versions kept none that was not metered. */
function verifiedCosts(
  { measured, energy: recorded }: VerifiedRecord,
  predicted: Parameters<typeof verifiedEnergy>[1],
  costs: Pick<CostTable, "energyModel">,
): Costs {
  const energy = recorded ?? verifiedEnergy(undefined, predicted, measured, costs);
  return { latency_s: measuredReading(measured), ...energyReadings(energy) };
}

const measuredReading = ({
  latency_s,
  low_s,
  high_s,
}: VerificationRecord["measured"]): Reading => ({
  value: latency_s,
  low: low_s,
  high: high_s,
  provenance: "measured",
});

/** Gross, and net where it is known. */
function energyReadings(energy: LayerEnergy | undefined): Pick<Costs, "energy_j" | "netEnergy_j"> {
  if (!energy) return {};
  const { net, provenance } = energy;
  const reading = ({ energy_j, low_j, high_j }: Omit<LayerEnergy, "provenance" | "net">) => ({
    value: energy_j,
    low: low_j,
    high: high_j,
    provenance,
  });
  return { energy_j: reading(energy), ...(net ? { netEnergy_j: reading(net) } : {}) };
}

/** What a report shows of a search. */
export function searchResult(
  history: SearchHistory,
  references: readonly ReferenceRecord[],
  costs: Pick<CostTable, "energyModel">,
): SearchResult {
  const predicted = predictedBy(costs.energyModel);
  return {
    method: history.method,
    dataset: history.data,
    heldOutOn: isGraphName(history.data) ? "nodes held out" : "training images held out",
    costSource: history.costs,
    ended: history.ended,
    rounds: keptRounds(history).map(
      ({ round, kind, candidate: { widths, validation, cost, split } }) => ({
        round,
        kind,
        widths: searchedWidths(widths),
        heldOutAccuracy: validation?.accuracy,
        loss: validation?.loss,
        ...predicted(cost),
        predictedGain: split && -split.predictedChange,
        realisedGain: split && -split.realisedChange,
      }),
    ),
    candidates: candidateRows(history, predicted),
    verdicts: history.rounds.flatMap(({ round, kind, verdict }) =>
      verdict === undefined ? [] : [{ round, kind, verdict }],
    ),
    shapes: shapesTried(history),
    rivals: references.map((reference) => rivalRow(reference, predicted, costs)),
  };
}

type Predicted = (cost: Pick<NetworkCost, "latency_s" | "energy_j">) => Costs;

/** Costs as the table gave them to the search; it kept no intervals. */
function predictedBy(energy: EnergyModel | undefined): Predicted {
  // Power times time is no measurement, however the power was read.
  const provenance =
    energy === undefined || energy.provenance === "measured" ? "derived" : energy.provenance;
  return ({ latency_s, energy_j }) => ({
    latency_s: { value: latency_s, provenance: "predicted" },
    ...(energy_j === undefined ? {} : { energy_j: { value: energy_j, provenance } }),
  });
}

function rivalRow(
  reference: ReferenceRecord,
  predicted: Predicted,
  costs: Pick<CostTable, "energyModel">,
): RivalRow {
  const { label, measured, latency_s, energy_j, macs, parameters, peakMemory_bytes } = reference;
  const promised = { latency_s, ...(energy_j === undefined ? {} : { energy_j }) };
  return {
    label,
    heldOutAccuracy: reference.validationAccuracy,
    testAccuracy: reference.accuracy,
    predicted: predicted(promised),
    ...(measured
      ? { verified: verifiedCosts({ measured, energy: reference.energy }, promised, costs) }
      : {}),
    macs,
    parameters,
    peakMemory_bytes,
  };
}

/** Every network trained that gave a result, in the order trained. */
function candidateRows(history: SearchHistory, predicted: Predicted): readonly CandidateRow[] {
  const delivered = keptRounds(history).at(-1)?.candidate;
  return history.rounds.flatMap((round) =>
    round.candidates.flatMap((candidate) => {
      const { label, widths, cost, validation } = candidate;
      if (!validation) return [];
      return {
        round: round.round,
        kind: round.kind,
        label,
        origin: isFromScratch(round, candidate) ? ("scratch" as const) : ("grown" as const),
        isDelivered: candidate === delivered,
        widths: searchedWidths(widths),
        heldOutAccuracy: validation.accuracy,
        ...predicted(cost),
      };
    }),
  );
}

/**
 * Networks tried from scratch in trials and compared as finalists, by widths, best first: those compared before the rest, by
 * their loss there.
 */
function shapesTried({ rounds }: SearchHistory): readonly ShapeRow[] {
  const shapes = new Map<string, ShapeRow>();
  for (const { kind, candidates } of rounds) {
    if (kind !== trialKind && kind !== comparingKind) continue;
    for (const { label, widths, cost, validation } of candidates) {
      const key = JSON.stringify(widths);
      const loss = validation?.loss;
      const known = shapes.get(key);
      const latency_s = { value: cost.latency_s, provenance: "predicted" } as const;
      shapes.set(key, {
        ...(known ?? { label, widths: searchedWidths(widths), latency_s }),
        ...(kind === trialKind ? { trialLoss: loss } : { finalLoss: loss }),
        heldOutAccuracy: validation?.accuracy ?? known?.heldOutAccuracy,
      });
    }
  }
  const order = ({ trialLoss = Number.MAX_VALUE, finalLoss = Number.MAX_VALUE }: ShapeRow) => [
    finalLoss,
    trialLoss,
  ];
  return [...shapes.values()].sort((a, b) => {
    const [[finalA = 0, trialA = 0], [finalB = 0, trialB = 0]] = [order(a), order(b)];
    return finalA - finalB || trialA - trialB;
  });
}

/** The last group is the network's output, whose width the data give. */
const searchedWidths = (widths: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(widths).slice(0, -1));

/** What the search went on with after each round that was not undone; short trainings from scratch are no part of its path. */
const keptRounds = ({ rounds }: SearchHistory) =>
  rounds.flatMap(({ round, kind, candidates, kept }) => {
    const candidate = kind === comparingKind ? undefined : candidates[kept ?? -1];
    return candidate ? [{ round, kind, candidate }] : [];
  });

function layerCosts(
  { measured_s, low_s, high_s, energy: recorded }: VerificationRecord["layers"][number],
  kernel: Kernel,
  costs: CostTable,
): Costs {
  const measured = { latency_s: measured_s, low_s, high_s };
  const energy = recorded ?? verifiedLayerEnergy({ kernel }, measured, costs).energy;
  return { latency_s: measuredReading(measured), ...energyReadings(energy) };
}

/** Layers by the table, and as seen on the device where the profiler could tell them from nothing. */
function layersResult(
  layers: readonly LayerCost[],
  verification: VerificationRecord | undefined,
  costs: CostTable,
): ReportData["layers"] {
  const seenOf = (name: string) =>
    verification?.layers.find(({ layer, belowResolution }) => layer === name && !belowResolution);
  const rows = layers.map(({ layer, kernel, cost }): LayerRow => {
    const seen = seenOf(layer);
    return {
      layer,
      predicted: costReadings(cost),
      ...(seen ? { verified: layerCosts(seen, kernel, costs) } : {}),
    };
  });
  if (!verification) return { rows };
  const { measuredAt, attempt, samples } = verification;
  return { rows, verification: { measuredAt, attempt, samples } };
}
