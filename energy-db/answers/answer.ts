import type { Kernel } from "../../src/network/kernel.ts";
import type { PredictedTime } from "../fit/predictor.ts";
import type { CostAnswer } from "../records.ts";
import { below } from "./below.ts";
import { energyOfTime } from "./energy.ts";
import type { EnergyModel } from "./energy-model.ts";

/** The rows are found when somebody reads them from the answer: few do, and finding them takes longest. */
export function answerOf(
  { op }: Kernel,
  { latency_s, half_s, told }: PredictedTime,
  energyModel: EnergyModel | undefined,
  rowsOf: () => readonly number[],
): CostAnswer {
  const relative = half_s / latency_s;
  return {
    latency_s,
    latency_low_s: below(latency_s, relative),
    latency_high_s: latency_s + half_s,
    ...(told?.energy ?? energyOfTime(energyModel, { latency_s, relative, op })),
    provenance: told?.provenance ?? "interpolated",
    get rows() {
      return rowsOf();
    },
  };
}
