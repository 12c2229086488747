import type { StoredModel } from "../records.ts";
import type { EnergyTable } from "../table.ts";
import type { Method } from "../write-kernels.ts";
import { type CostDocument, readCostDocument } from "./cost-document.ts";

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

/** Costs ready to be asked, and what they rest on. */
export interface CurrentCosts {
  readonly document: CostDocument;
  readonly summary: CostSummary;
}

/** What the newest stored costs of a platform were fitted on and how well they predict; undefined without any. */
export const currentSummary = (table: EnergyTable, platformId: number): CostSummary | undefined =>
  storedCosts(table, platformId, "in-context", undefined)?.summary;

/** The newest stored costs of the space, of any when none is given; undefined without any, as of kernels timed alone. */
export function storedCosts(
  table: EnergyTable,
  platformId: number,
  method: Method,
  space: string | undefined,
): CurrentCosts | undefined {
  if (method !== "in-context") return undefined;
  for (const model of newestFirst(table, platformId, space)) {
    const document = readCostDocument(model.document);
    if (document) return { document, summary: summaryOf(model) };
  }
  return undefined;
}

/** The whole history, whose documents are long, is read only where the newest is none of ours. */
function* newestFirst(table: EnergyTable, platformId: number, space: string | undefined) {
  const newest = table.costModel(platformId, "latency", space);
  if (newest) yield newest;
  yield* table.costModels(platformId, "latency", space);
}

const summaryOf = (model: StoredModel): CostSummary => ({
  space: model.space,
  ...(model.fittedAt === undefined ? {} : { fittedAt: model.fittedAt }),
  designNetworks: model.designNetworks ?? 0,
  heldOutNetworks: model.heldOutNetworks ?? 0,
  ...(model.medianError === undefined ? {} : { medianError: model.medianError }),
  ...(model.p90Error === undefined ? {} : { p90Error: model.p90Error }),
});
