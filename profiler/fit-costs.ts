import {
  type CostSummary,
  type CostTable,
  type EnergyTable,
  fitTable,
  loadCosts,
  type Powers,
  type StoredNetworkMeasurement,
  storeEnergyModel,
} from "../energy-db/index.ts";
import { type Kernel, kernelsOf } from "../src/network/kernel.ts";
import type { Network } from "../src/network/network.ts";
import {
  assumedPower,
  fitEnergyModel,
  type MeteredNetwork,
  type PowerFit,
} from "./energy/model.ts";
import { measuringProtocol } from "./measuring.ts";

export interface FitOptions {
  readonly space: string;
  /** ISO 8601. */
  readonly fittedAt: string;
  readonly assumePower_w?: number | undefined;
}

/**
 * Fits what turns a platform's rows of a space into costs of its networks: latency, and energy from a meter or else from
 * the power assumed. Called when measuring ends, however it ended.
 */
export function fitCosts(
  table: EnergyTable,
  platformId: number,
  { space, fittedAt, assumePower_w }: FitOptions,
): CostSummary | undefined {
  const summary = fitTable(table, platformId, space, fittedAt);
  const costs = summary && loadCosts(table, platformId, { space });
  const metered = (role: "design" | "held-out") =>
    table
      .networkMeasurements(platformId, { role, space, protocol: measuringProtocol })
      .flatMap((row) => meteredNetwork(row, costs));
  const fitted = fitEnergyModel(metered("design"), metered("held-out"));
  if (fitted) {
    const { provenance, source, document } = fitted;
    const { gross, net } = document;
    storeEnergyModel(table, platformId, space, {
      provenance,
      source,
      ...powersOf(gross),
      ...(net ? { net: powersOf(net) } : {}),
    });
  } else if (assumePower_w !== undefined) {
    storeEnergyModel(table, platformId, space, {
      provenance: "modelled",
      source: "assumed",
      ...powersOf(assumedPower(assumePower_w).gross),
    });
  }
  return summary;
}

const powersOf = ({
  power_w,
  powerByOp_w,
  relativeHalfWidth,
  predictedHalfWidth,
}: PowerFit): Powers => ({
  power_w,
  powerByOp_w,
  relativeHalfWidth,
  ...(predictedHalfWidth === undefined ? {} : { predictedHalfWidth }),
});

function meteredNetwork(
  { network, batch, energy, latency, kernels }: StoredNetworkMeasurement,
  costs: CostTable | undefined,
): readonly MeteredNetwork[] {
  if (!energy) return [];
  const predicted = costs && predictedTime(network, batch, costs);
  return [
    {
      energy,
      latency_s: latency.typical?.latency_s ?? latency.floor.latency_s,
      floor_s: latency.floor.latency_s,
      timeByOp_s: sumByOp(
        kernels.map(({ kernel, latency: { latency_s } }) => ({ kernel, latency_s })),
      ),
      ...(predicted ? { predicted } : {}),
    },
  ];
}

/** As an answer for the network adds it up; undefined where the table does not know a kernel. */
function predictedTime(
  network: Network,
  batch: number,
  costs: CostTable,
): MeteredNetwork["predicted"] {
  const times = kernelsOf(network, { batch }).map(({ kernel }) => ({
    kernel,
    latency_s: costs.tryCost(kernel)?.latency_s,
  }));
  const known = times.flatMap(({ kernel, latency_s }) =>
    latency_s === undefined ? [] : [{ kernel, latency_s }],
  );
  if (known.length < times.length) return undefined;
  return {
    latency_s: known.reduce((sum, { latency_s }) => sum + latency_s, costs.overhead.latency_s),
    timeByOp_s: sumByOp(known),
  };
}

function sumByOp(
  times: readonly { readonly kernel: Kernel; readonly latency_s: number }[],
): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { kernel, latency_s } of times)
    sums.set(kernel.op, (sums.get(kernel.op) ?? 0) + latency_s);
  return sums;
}
