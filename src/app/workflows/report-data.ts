import type {
  CostAnswer,
  CostTable,
  EnergyModel,
  EnergyTable,
  PlatformSummary,
} from "../../../energy-db/index.ts";
import { combineLoads, describeKernel, loadCosts } from "../../../energy-db/index.ts";
import { comparingKind, type SearchHistory, trialKind } from "../../../search/index.ts";
import type {
  CanaryRow,
  CurveRow,
  EnergyNote,
  HeldOutError,
  PlatformRow,
  Reading,
  ReportData,
  SearchResult,
  ShapeRow,
  StairRow,
} from "../../figures/index.ts";
import { treads } from "../../figures/index.ts";
import { kernelFamily, kernelsOf } from "../../network/kernel.ts";
import type { Network } from "../../network/network.ts";
import { formatCount } from "../../units.ts";
import {
  type FinishedSearch,
  type ReferenceRecord,
  readDocument,
  readFound,
  type VerificationRecord,
} from "./search-folder.ts";
import { widestMeasured } from "./table-widths.ts";

/** What a report of one platform of a table shows: curves through the widths of `network`, its stairs, its errors. */
export function tableReport(
  table: EnergyTable,
  platform: PlatformSummary,
  network: Network,
  space?: string,
): Partial<ReportData> {
  const costs = loadCosts(table, platform.id, space ? { space } : {});
  const curves = curvesThrough(network, costs);
  return {
    platforms: [platformRow(table, platform)],
    energy: energyNote(costs.energyModel),
    heldOut: heldOutErrors(table, platform.id),
    canary: canaryRows(table, platform.id),
    curves,
    stairs: stairsOf(network, costs, curves),
  };
}

function platformRow(table: EnergyTable, platform: PlatformSummary): PlatformRow {
  const times = table
    .networkMeasurements(platform.id)
    .map(({ measuredAt }) => measuredAt)
    .sort();
  return {
    ...platform,
    measuredFrom: times[0],
    measuredTo: times[times.length - 1],
    networks: platform.networkMeasurements,
  };
}

function energyNote(model: EnergyModel | undefined): EnergyNote {
  if (!model) return { kind: "absent" };
  return model.provenance === "modelled"
    ? { kind: "modelled", power_w: model.power_w }
    : { kind: "measured", meter: model.source, provenance: model.provenance };
}

function heldOutErrors(table: EnergyTable, platformId: number): readonly HeldOutError[] {
  const spaces = new Set(table.costModels(platformId, "latency").map(({ space }) => space));
  return [...spaces].flatMap((space) => {
    const costs = loadCosts(table, platformId, { space });
    const { medianError, p90Error, ...summary } = costs.summary;
    if (medianError === undefined || p90Error === undefined) return [];
    const heldOut = table.networkMeasurements(platformId, { role: "held-out", space });
    const rows = combineLoads(heldOut).map(({ network, batch, floor }) => ({
      network: network.name,
      predicted_s: costs.networkCost(network, { batch }).latency_s,
      measured_s: floor.latency_s,
    }));
    return [{ ...summary, medianError, p90Error, rows }];
  });
}

const canaryRows = (table: EnergyTable, platformId: number): readonly CanaryRow[] =>
  table
    .networkMeasurements(platformId, { role: "canary" })
    .map(({ sessionId, measuredAt, latency }) => ({
      session: `${sessionId}`,
      measuredAt,
      latency_s: latency.floor.latency_s,
    }));

const latencyReading = (cost: CostAnswer): Reading => ({
  value: cost.latency_s,
  low: cost.latency_low_s,
  high: cost.latency_high_s,
  provenance: cost.provenance,
});

/** Widths shown per curve, at most. */
const pointsPerCurve = 96;

/** Cost of every wide layer against its output width, all else as in `network`. */
function curvesThrough(network: Network, costs: CostTable): readonly CurveRow[] {
  return wideKernels(network).flatMap(({ layer, kernel }) => {
    const widest = widestMeasured(kernel, costs);
    const step = Math.max(1, Math.ceil(widest / pointsPerCurve));
    const widths = Array.from({ length: Math.floor(widest / step) }, (_, i) => (i + 1) * step);
    return widths.flatMap((width): readonly CurveRow[] => {
      const cost = costs.tryCost({ ...kernel, outChannels: width });
      const name = describeKernel(kernel).replace(/(\d+) -> \d+ channels/, "$1 channels in");
      return cost ? [{ layer, kernel: name, width, latency_s: latencyReading(cost) }] : [];
    });
  });
}

const wideKernels = (network: Network) =>
  kernelsOf(network).filter(({ kernel }) => kernel.op === "conv2d");

/** Treads of the curves where the table found steps along the output width. */
function stairsOf(
  network: Network,
  costs: CostTable,
  curves: readonly CurveRow[],
): readonly StairRow[] {
  const found = costs.stairs().filter(({ axis }) => axis === "out");
  return wideKernels(network).flatMap(({ layer, kernel }) => {
    const stairs = found.find(({ family }) => family === kernelFamily(kernel));
    const rows = curves.filter((row) => row.layer === layer);
    return stairs?.step ? treads(rows, stairs.step) : [];
  });
}

/** Everything a search's folder and its table tell. */
export function searchReport(folder: string, table: EnergyTable): ReportData {
  const found = readFound(folder);
  const { history, run, network } = found;
  const platform = table.findPlatform({
    device: run.device,
    runtime: run.runtime,
    threads: run.threads,
  });
  const costs = loadCosts(table, platform.id, { space: run.space });
  const verification = readDocument(folder, "verification");
  const references = readDocument(folder, "references") ?? [];
  return {
    title: `${history.network} for ${run.device}`,
    generatedAt: run.generatedAt,
    toolVersion: run.toolVersion,
    seed: history.seed,
    command: run.command,
    ...tableReport(table, platform, network, run.space),
    budgets: budgetRows(found),
    delivered: deliveredNetwork(found, costs, verification),
    search: searchResult(history, references, costs.energyModel),
    ...(verification ? { verification: verificationResult(verification) } : {}),
  };
}

const budgetRows = ({ run }: FinishedSearch): ReportData["budgets"] =>
  (Object.keys(run.budget) as (keyof typeof run.budget)[]).flatMap((quantity) => {
    const limit = run.budget[quantity];
    return limit === undefined ? [] : [{ quantity, limit, reference: run.budgetReference }];
  });

function deliveredNetwork(
  { network, history }: FinishedSearch,
  costs: CostTable,
  verification: VerificationRecord | undefined,
): ReportData["delivered"] {
  const cost = costs.networkCost(network);
  const last = keptRounds(history).at(-1)?.candidate;
  const { test } = history;
  return {
    accuracy: test?.accuracy ?? Number.NaN,
    accuracyOn: `${formatCount(test?.count ?? 0)} test images`,
    predicted_s: latencyReading(cost),
    ...(verification ? { measured_s: measuredReading(verification.measured) } : {}),
    ...deliveredEnergy(cost, verification),
    macs: last?.cost.macs,
    parameters: last?.cost.parameters,
    peakMemory_bytes: last?.cost.peakMemory_bytes,
  };
}

/** Measured where a meter was, else what the table says. */
function deliveredEnergy(
  cost: CostAnswer,
  verification: VerificationRecord | undefined,
): Pick<NonNullable<ReportData["delivered"]>, "energy_j"> {
  if (verification?.energy) {
    const { energy_j, low_j, high_j, provenance } = verification.energy;
    return { energy_j: { value: energy_j, low: low_j, high: high_j, provenance } };
  }
  if (cost.energy_j === undefined || !cost.energyProvenance) return {};
  return {
    energy_j: {
      value: cost.energy_j,
      low: cost.energy_low_j,
      high: cost.energy_high_j,
      provenance: cost.energyProvenance,
    },
  };
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

/** What a report shows of a search. */
export function searchResult(
  history: SearchHistory,
  references: readonly ReferenceRecord[],
  energy: EnergyModel | undefined,
): SearchResult {
  const energyProvenance = energy?.provenance === "modelled" ? "modelled" : "derived";
  const energyReading = (energy_j: number | undefined) =>
    energy_j === undefined
      ? {}
      : { energy_j: { value: energy_j, provenance: energyProvenance } as const };
  return {
    method: history.method,
    dataset: history.data,
    accuracyOn: "training images held out",
    costSource: history.costs,
    ended: history.ended,
    rounds: keptRounds(history).map(
      ({ round, candidate: { widths, validation, cost, split } }) => ({
        round,
        widths,
        accuracy: validation?.accuracy,
        loss: validation?.loss,
        latency_s: { value: cost.latency_s, provenance: "predicted" },
        ...energyReading(cost.energy_j),
        predictedGain: split && -split.predictedChange,
        realisedGain: split && -split.realisedChange,
      }),
    ),
    shapes: shapesTried(history),
    references: references.map((reference) => ({
      label: reference.label,
      accuracy: reference.accuracy,
      latency_s: reference.measured
        ? measuredReading(reference.measured)
        : { value: reference.latency_s, provenance: "predicted" },
      ...energyReading(reference.energy_j),
      macs: reference.macs,
      parameters: reference.parameters,
      peakMemory_bytes: reference.peakMemory_bytes,
    })),
  };
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
        ...(known ?? { label, widths, latency_s }),
        ...(kind === trialKind ? { trialLoss: loss } : { finalLoss: loss }),
        accuracy: validation?.accuracy ?? known?.accuracy,
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

/** What the search went on with after each round that was not undone; short trainings from scratch are no part of its path. */
const keptRounds = ({ rounds }: SearchHistory) =>
  rounds.flatMap(({ round, kind, candidates, kept }) => {
    const candidate = kind === comparingKind ? undefined : candidates[kept ?? -1];
    return candidate ? [{ round, candidate }] : [];
  });

const verificationResult = ({ layers, measuredAt, attempt, samples }: VerificationRecord) => ({
  measuredAt,
  attempt,
  samples,
  layers: layers.map((layer) => ({
    layer: layer.layer,
    predicted_s: {
      value: layer.predicted_s,
      low: layer.predictedLow_s,
      high: layer.predictedHigh_s,
      provenance: layer.provenance,
    },
    measured_s: {
      value: layer.measured_s,
      low: layer.low_s,
      high: layer.high_s,
      provenance: "measured" as const,
    },
  })),
});
