import { kernelFamily, kernelsOf } from "../../src/network/kernel.ts";
import { median, quantile } from "../../src/statistics.ts";
import { type CostDocument, costDocument, describeCosts } from "../fit/cost-document.ts";
import { observeKernels, observeNetworks } from "../fit/observations.ts";
import { type Costs, costsOf } from "../fit/predictor.ts";
import { combineLoads } from "../loads/combine-loads.ts";
import type { StoredNetworkMeasurement } from "../read-networks.ts";
import type { StoredModel } from "../records.ts";
import type { EnergyTable } from "../table.ts";
import type { Method } from "../write-kernels.ts";

/** What a fit rests on, and how well it predicts the networks that were held out of it. */
export interface CostSummary {
  /** Search space; "" for kernels timed alone. */
  readonly space: string;
  /** ISO 8601; absent for a fit made for this answer only. */
  readonly fittedAt?: string;
  readonly designNetworks: number;
  readonly heldOutNetworks: number;
  /** |predicted - measured| / measured over the held-out networks; absent without any. */
  readonly medianError?: number;
  readonly p90Error?: number;
}

/** Fits the costs of a space to its rows and stores them in the table. Undefined while no design network is measured. */
export function fitTable(
  table: EnergyTable,
  platformId: number,
  space: string,
  fittedAt: string,
): CostSummary | undefined {
  const document = fitDocument(table, platformId, "in-context", space);
  if (!document) return undefined;
  const judged = judge(table, platformId, space, document);
  const simulated = table
    .networkMeasurements(platformId, { role: "design", space })
    .some(({ provenance }) => provenance === "simulated");
  table.putCostModel(platformId, {
    kind: "latency",
    space,
    fittedAt,
    provenance: simulated ? "simulated" : "measured",
    source: document.form,
    document,
    ...judged,
  });
  return { space, fittedAt, ...judged };
}

/** What the newest stored costs of a platform were fitted on and how well they predict; undefined without any. */
export const currentSummary = (table: EnergyTable, platformId: number): CostSummary | undefined =>
  storedCosts(table, platformId, undefined)?.summary;

/** The stored costs of the space (any when none is given), else a fit made now; undefined without rows to fit. */
export function currentCosts(
  table: EnergyTable,
  platformId: number,
  method: Method,
  space?: string,
): { readonly document: CostDocument; readonly summary: CostSummary } | undefined {
  const stored = method === "in-context" ? storedCosts(table, platformId, space) : undefined;
  if (stored) return stored;
  const document = fitDocument(table, platformId, method, space);
  if (!document) return undefined;
  const judged = judge(table, platformId, space, document);
  return { document, summary: { space: space ?? "", ...judged } };
}

function storedCosts(table: EnergyTable, platformId: number, space: string | undefined) {
  for (const model of table.costModels(platformId, "latency", space)) {
    const parsed = costDocument.safeParse(model.document);
    if (parsed.success) return { document: parsed.data, summary: summaryOf(model) };
  }
  return undefined;
}

const summaryOf = (model: StoredModel): CostSummary => ({
  space: model.space,
  ...(model.fittedAt === undefined ? {} : { fittedAt: model.fittedAt }),
  designNetworks: model.designNetworks ?? 0,
  heldOutNetworks: model.heldOutNetworks ?? 0,
  ...(model.medianError === undefined ? {} : { medianError: model.medianError }),
  ...(model.p90Error === undefined ? {} : { p90Error: model.p90Error }),
});

function fitDocument(
  table: EnergyTable,
  platformId: number,
  method: Method,
  space: string | undefined,
): CostDocument | undefined {
  const observations =
    method === "in-context"
      ? observeNetworks(table, platformId, space)
      : observeKernels(table.kernelMeasurements(platformId, { method }));
  const { networks, kernels } = observations;
  return networks.length + kernels.length === 0 ? undefined : describeCosts(observations);
}

function judge(
  table: EnergyTable,
  platformId: number,
  space: string | undefined,
  document: CostDocument,
): Omit<CostSummary, "space" | "fittedAt"> {
  const measured = (role: "design" | "held-out") =>
    table
      .networkMeasurements(platformId, { role, ...(space === undefined ? {} : { space }) })
      .filter(({ protocol }) => protocol === document.protocol);
  const errors = networkErrors(measured("held-out"), costsOf(document)).map(Math.abs);
  return {
    designNetworks: combineLoads(measured("design")).length,
    heldOutNetworks: errors.length,
    ...(errors.length > 0 ? { medianError: median(errors), p90Error: quantile(errors, 0.9) } : {}),
  };
}

/** (predicted - measured) / measured of every network that the costs can answer, its loads drawn together. */
function networkErrors(
  rows: readonly StoredNetworkMeasurement[],
  { call_s, predictors }: Costs,
): readonly number[] {
  const byFamily = new Map(predictors.map((predictor) => [predictor.family, predictor]));
  return combineLoads(rows).flatMap(({ network, batch, floor }) => {
    const times = kernelsOf(network, { batch }).map(({ kernel }) =>
      byFamily.get(kernelFamily(kernel))?.predict(kernel),
    );
    if (times.includes(undefined)) return [];
    const predicted_s = times.reduce((sum, time) => sum + (time?.latency_s ?? 0), call_s);
    return [predicted_s / floor.latency_s - 1];
  });
}
