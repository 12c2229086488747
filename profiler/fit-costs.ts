import {
  type CostSummary,
  type EnergyTable,
  fitTable,
  type Powers,
  type StoredNetworkMeasurement,
  storeEnergyModel,
} from "../energy-db/index.ts";
import {
  assumedPower,
  fitEnergyModel,
  type MeteredNetwork,
  type PowerFit,
} from "./energy/model.ts";
import { measuringProtocol } from "./measuring.ts";

interface FitOptions {
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
  const metered = (role: "design" | "held-out") =>
    table
      .networkMeasurements(platformId, { role, space, protocol: measuringProtocol })
      .flatMap(meteredNetwork);
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

const powersOf = ({ power_w, powerByOp_w, relativeHalfWidth }: PowerFit): Powers => ({
  power_w,
  powerByOp_w,
  relativeHalfWidth,
});

function meteredNetwork({
  energy,
  latency,
  kernels,
}: StoredNetworkMeasurement): readonly MeteredNetwork[] {
  if (!energy) return [];
  const timeByOp_s = new Map<string, number>();
  for (const { kernel, latency: time } of kernels)
    timeByOp_s.set(kernel.op, (timeByOp_s.get(kernel.op) ?? 0) + time.latency_s);
  return [{ energy, latency_s: latency.typical?.latency_s ?? latency.floor.latency_s, timeByOp_s }];
}
