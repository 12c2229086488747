import { kernelFamily, kernelsOf } from "../../src/network/kernel.ts";
import { median, quantile } from "../../src/statistics.ts";
import { combineLoads } from "../loads/combine-loads.ts";
import type { StoredNetworkMeasurement } from "../read-networks.ts";
import type { EnergyTable } from "../table.ts";
import type { Method } from "../write-kernels.ts";
import type { CostDocument } from "./cost-document.ts";
import { describeCosts } from "./describe-costs.ts";
import { observeKernels, observeNetworks } from "./observations.ts";
import { type Costs, costsOf } from "./predictor.ts";
import { type CostSummary, type CurrentCosts, storedCosts } from "./stored-costs.ts";

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

/** The stored costs of the space (any when none is given), else a fit made now; undefined without rows to fit. */
export function currentCosts(
  table: EnergyTable,
  platformId: number,
  method: Method,
  space?: string,
): CurrentCosts | undefined {
  const stored = storedCosts(table, platformId, method, space);
  if (stored) return stored;
  const document = fitDocument(table, platformId, method, space);
  if (!document) return undefined;
  const judged = judge(table, platformId, space, document);
  return { document, summary: { space: space ?? "", ...judged } };
}

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
