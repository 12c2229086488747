import type { Kernel } from "../../src/network/kernel.ts";
import type { PredictedTime } from "../fit/predictor.ts";
import type { CostAnswer, Provenance } from "../records.ts";
import type { EnergyModel } from "./energy-model.ts";

/** Power times time is no measurement, however the power was read. */
export const energyProvenances: { readonly [P in EnergyModel["provenance"]]: Provenance } = {
  measured: "derived",
  derived: "derived",
  modelled: "modelled",
  simulated: "simulated",
};

/** The rows are found when somebody reads them from the answer: few do, and finding them takes longest. */
export function answerOf(
  kernel: Kernel,
  { latency_s, half_s }: PredictedTime,
  energyModel: EnergyModel | undefined,
  rowsOf: () => readonly number[],
): CostAnswer {
  const relative = half_s / latency_s;
  return {
    latency_s,
    latency_low_s: below(latency_s, relative),
    latency_high_s: latency_s + half_s,
    ...(energyModel ? energyOf(kernel, latency_s, relative, energyModel) : {}),
    provenance: "interpolated",
    get rows() {
      return rowsOf();
    },
  };
}

/** An interval as wide as the value or wider still ends above zero: no cost is free. */
export const below = (value: number, relative: number): number =>
  value * (relative < 1 ? 1 - relative : 1 / (1 + relative));

function energyOf(kernel: Kernel, latency_s: number, timeError: number, model: EnergyModel) {
  const energy_j = latency_s * (model.powerByOp_w[kernel.op] ?? model.power_w);
  const relative = Math.hypot(timeError, model.relativeHalfWidth);
  return {
    energy_j,
    energy_low_j: below(energy_j, relative),
    energy_high_j: energy_j * (1 + relative),
    energyProvenance: energyProvenances[model.provenance],
  };
}

/** Cost of the call itself; no energy where power is unknown or the call was lost in the noise. */
export function overheadOf(
  latency_s: number,
  energyModel: EnergyModel | undefined,
): { readonly latency_s: number; readonly energy_j?: number } {
  return {
    latency_s,
    ...(energyModel && latency_s > 0 ? { energy_j: latency_s * energyModel.power_w } : {}),
  };
}
