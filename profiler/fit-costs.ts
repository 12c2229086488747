import {
  type Calibration,
  type EnergyTable,
  type StoredNetworkMeasurement,
  storeCalibration,
  storeEnergyModel,
} from "../energy-db/index.ts";
import { calibrate } from "./calibrate.ts";
import { assumedPower, fitEnergyModel, type MeteredNetwork } from "./energy/model.ts";
import { measuringProtocol } from "./measuring.ts";

/**
 * Fits what turns a platform's rows of a space into costs of its networks: latency, and energy from a meter or else from
 * the power assumed. Called when measuring ends, however it ended.
 */
export function fitCosts(
  table: EnergyTable,
  platformId: number,
  space: string,
  assumePower_w?: number,
): Calibration | undefined {
  const calibration = calibrate(table, platformId, space);
  if (calibration) storeCalibration(table, platformId, calibration);
  const metered = (role: "design" | "held-out") =>
    table
      .networkMeasurements(platformId, { role, space, protocol: measuringProtocol })
      .flatMap((row) => meteredNetwork(row, calibration?.slope ?? 1));
  const fitted = fitEnergyModel(metered("design"), metered("held-out"));
  if (fitted) {
    const { power_w, powerByOp_w, relativeHalfWidth } = fitted.document.gross;
    const { provenance, source } = fitted;
    storeEnergyModel(table, platformId, space, {
      provenance,
      source,
      power_w,
      powerByOp_w,
      relativeHalfWidth,
    });
  } else if (assumePower_w !== undefined) {
    const { power_w, powerByOp_w, relativeHalfWidth } = assumedPower(assumePower_w).gross;
    storeEnergyModel(table, platformId, space, {
      provenance: "modelled",
      source: "assumed",
      power_w,
      powerByOp_w,
      relativeHalfWidth,
    });
  }
  return calibration;
}

function meteredNetwork(
  { energy, latency, kernels }: StoredNetworkMeasurement,
  slope: number,
): readonly MeteredNetwork[] {
  if (!energy) return [];
  const timeByOp_s = new Map<string, number>();
  for (const { kernel, latency: time } of kernels)
    timeByOp_s.set(kernel.op, (timeByOp_s.get(kernel.op) ?? 0) + slope * time.latency_s);
  return [{ energy, latency_s: latency.typical?.latency_s ?? latency.floor.latency_s, timeByOp_s }];
}
