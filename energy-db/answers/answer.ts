import type { Kernel } from "../../src/network/kernel.ts";
import type { CostAnswer, Provenance } from "../records.ts";
import type { Calibration, EnergyModel } from "./version-1-models.ts";

/** What turns a kernel's time into its cost inside a network. */
export interface CostTerms {
  /** The calibration's factor on kernel times. */
  readonly slope: number;
  readonly energyModel: EnergyModel | undefined;
}

interface KernelTime {
  readonly latency_s: number;
  readonly relativeHalfWidth: number;
  readonly rows: readonly number[];
}

/** Power times time is no measurement, however the power was read. */
const energyProvenances: { readonly [P in EnergyModel["provenance"]]: Provenance } = {
  measured: "derived",
  derived: "derived",
  modelled: "modelled",
  simulated: "simulated",
};

/** The rows are read from `time` when somebody reads them from the answer: few do, and finding them takes longest. */
export function answerOf(
  kernel: Kernel,
  time: KernelTime,
  provenance: Provenance,
  terms: CostTerms,
): CostAnswer {
  const latency_s = time.latency_s * terms.slope;
  return {
    latency_s,
    ...latencyInterval(latency_s, time.relativeHalfWidth),
    ...(terms.energyModel ? energyOf(kernel, latency_s, time, terms.energyModel) : {}),
    provenance,
    get rows() {
      return time.rows;
    },
  };
}

/** An interval as wide as the value or wider still ends above zero: no cost is free. */
const below = (value: number, relative: number): number =>
  value * (relative < 1 ? 1 - relative : 1 / (1 + relative));

const latencyInterval = (latency_s: number, relative: number) => ({
  latency_low_s: below(latency_s, relative),
  latency_high_s: latency_s * (1 + relative),
});

function energyOf(kernel: Kernel, latency_s: number, time: KernelTime, model: EnergyModel) {
  const energy_j = latency_s * (model.powerByOp_w[kernel.op] ?? model.power_w);
  const relative = Math.hypot(time.relativeHalfWidth, model.relativeHalfWidth);
  return {
    energy_j,
    energy_low_j: below(energy_j, relative),
    energy_high_j: energy_j * (1 + relative),
    energyProvenance: energyProvenances[model.provenance],
  };
}

/** Cost of the call itself; no energy where power is unknown or the fitted overhead is not positive. */
export function overheadOf(
  calibration: Calibration | undefined,
  energyModel: EnergyModel | undefined,
): { readonly latency_s: number; readonly energy_j?: number } {
  const latency_s = calibration?.overhead_s ?? 0;
  return {
    latency_s,
    ...(energyModel && latency_s > 0 ? { energy_j: latency_s * energyModel.power_w } : {}),
  };
}
