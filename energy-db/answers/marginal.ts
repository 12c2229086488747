import type { Kernel } from "../../src/network/kernel.ts";
import type { CostAnswer, Provenance } from "../records.ts";
import { type Axis, grown, hasOneAxis, type Steps, treadEnd } from "./plane.ts";

/** cost(wider) - cost(now). Energy is absent where the platform has no energy model. */
export interface MarginalCost {
  readonly latency_s: number;
  readonly latency_low_s: number;
  readonly latency_high_s: number;
  readonly energy_j?: number;
  readonly energy_low_j?: number;
  readonly energy_high_j?: number;
  readonly energyProvenance?: Provenance;
  readonly provenance: Provenance;
  /** The widest the axis can become at today's cost: the end of its tread; the width itself when smooth. */
  readonly freeUntil: number;
  readonly now: CostAnswer;
  readonly wider: CostAnswer;
}

/** Two widths of one tread cost the same; the rest is the difference of two answers and of their intervals. */
export function marginalCost(
  kernel: Kernel,
  { grow, by }: { readonly grow: Axis; readonly by: number },
  { cost, steps }: { cost: (kernel: Kernel) => CostAnswer; readonly steps: Steps | undefined },
): MarginalCost {
  const now = cost(kernel);
  const wider = cost(grown(kernel, grow, by));
  const width = grow === "in" ? kernel.inChannels : kernel.outChannels;
  const step = steps?.[hasOneAxis(kernel) ? "in" : grow] ?? 1;
  const freeUntil = treadEnd(width, step);
  const share = width + by <= freeUntil ? 0 : 1;
  const latency_s = share * (wider.latency_s - now.latency_s);
  const half_s = Math.hypot(
    wider.latency_high_s - wider.latency_s,
    now.latency_high_s - now.latency_s,
  );
  return {
    latency_s,
    latency_low_s: latency_s - half_s,
    latency_high_s: latency_s + half_s,
    ...marginalEnergy(now, wider, share),
    provenance:
      now.provenance === "interpolated" || wider.provenance === "interpolated"
        ? "interpolated"
        : wider.provenance,
    freeUntil,
    now,
    wider,
  };
}

function marginalEnergy(now: CostAnswer, wider: CostAnswer, share: number) {
  if (now.energy_j === undefined || wider.energy_j === undefined || !wider.energyProvenance)
    return {};
  const energy_j = share * (wider.energy_j - now.energy_j);
  const half_j = Math.hypot(
    (wider.energy_high_j ?? wider.energy_j) - wider.energy_j,
    (now.energy_high_j ?? now.energy_j) - now.energy_j,
  );
  return {
    energy_j,
    energy_low_j: energy_j - half_j,
    energy_high_j: energy_j + half_j,
    energyProvenance: wider.energyProvenance,
  };
}
