import type { Kernel } from "../../src/network/kernel.ts";
import type { CostAnswer, Provenance } from "../records.ts";
import {
  type Axis,
  grown,
  hasOneAxis,
  placeOf,
  type Structure,
  spotOf,
  treadEnd,
} from "./plane.ts";

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
  /** The widest the axis can become at today's cost or less: the end of its tread, or the next lane where that is cheaper. */
  readonly freeUntil: number;
  readonly now: CostAnswer;
  readonly wider: CostAnswer;
}

interface MarginalTerms {
  cost(kernel: Kernel): CostAnswer;
  tryCost(kernel: Kernel): CostAnswer | undefined;
  readonly structure: Structure | undefined;
}

/** Two widths of one tread cost the same; the rest is the difference of two answers and of their intervals. */
export function marginalCost(
  kernel: Kernel,
  { grow, by }: { readonly grow: Axis; readonly by: number },
  terms: MarginalTerms,
): MarginalCost {
  const now = terms.cost(kernel);
  const bigger = grown(kernel, grow, by);
  const wider = terms.cost(bigger);
  const freeUntil = freeWidth(kernel, grow, now, terms);
  const share = shareSpot(kernel, bigger, terms.structure) ? 0 : 1;
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

function shareSpot(a: Kernel, b: Kernel, structure: Structure | undefined): boolean {
  if (!structure) return false;
  const [from, to] = [spotOf(placeOf(a), structure), spotOf(placeOf(b), structure)];
  return from.x === to.x && from.y === to.y && from.ragged === to.ragged;
}

function freeWidth(kernel: Kernel, grow: Axis, now: CostAnswer, terms: MarginalTerms): number {
  const width = grow === "in" ? kernel.inChannels : kernel.outChannels;
  const axis = hasOneAxis(kernel) ? "in" : grow;
  const { steps, lanes } = terms.structure ?? {
    steps: { in: 1, out: 1 },
    lanes: { in: 1, out: 1 },
  };
  const ends = [treadEnd(width, steps[axis]), treadEnd(width, lanes[axis])];
  const free = ends.filter((end) => {
    const bigger = grown(kernel, grow, end - width);
    if (shareSpot(kernel, bigger, terms.structure)) return true;
    return (terms.tryCost(bigger)?.latency_s ?? Number.POSITIVE_INFINITY) <= now.latency_s;
  });
  return Math.max(width, ...free);
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
