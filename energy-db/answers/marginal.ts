import type { Kernel } from "../../src/network/kernel.ts";
import { type Axis, hasOneAxis, treadEnd, widthAlong, withWidth } from "../fit/plane.ts";
import type { Predictor } from "../fit/predictor.ts";
import type { CostAnswer, Provenance } from "../records.ts";
import { type EnergyAnswer, energyOfDifference } from "./energy.ts";

/** cost(wider) - cost(now). Energy is absent where the platform has no energy model. */
export interface CostDifference extends EnergyAnswer {
  readonly latency_s: number;
  readonly latency_low_s: number;
  readonly latency_high_s: number;
}

/** Of one kernel along an axis. */
export interface MarginalCost extends CostDifference {
  readonly provenance: Provenance;
  /** The widest the axis can become at today's cost or less: the end of its tread, or an edge where wider is cheaper. */
  readonly freeUntil: number;
  readonly now: CostAnswer;
  readonly wider: CostAnswer;
}

interface MarginalTerms {
  cost(kernel: Kernel): CostAnswer;
  tryCost(kernel: Kernel): CostAnswer | undefined;
  readonly predictor: Predictor | undefined;
}

/** The difference of two answers; what both share, such as the cost of the call, does not make it uncertain. */
export function marginalCost(
  kernel: Kernel,
  { grow, by }: { readonly grow: Axis; readonly by: number },
  { cost, tryCost, predictor }: MarginalTerms,
): MarginalCost {
  const now = cost(kernel);
  const bigger = withWidth(kernel, grow, widthAlong(kernel, grow) + by);
  const wider = cost(bigger);
  const latency_s = wider.latency_s - now.latency_s;
  const half_s = predictor?.halfOfDifference(kernel, bigger) ?? 0;
  return {
    latency_s,
    latency_low_s: latency_s - half_s,
    latency_high_s: latency_s + half_s,
    ...energyOfDifference(now, wider, half_s),
    provenance: "interpolated",
    freeUntil: freeWidth(kernel, grow, now, { tryCost, predictor }),
    now,
    wider,
  };
}

function freeWidth(
  kernel: Kernel,
  grow: Axis,
  now: CostAnswer,
  { tryCost, predictor }: Pick<MarginalTerms, "tryCost" | "predictor">,
): number {
  const width = widthAlong(kernel, grow);
  const { block = 1, align = 1 } = predictor?.structure[hasOneAxis(kernel) ? "in" : grow] ?? {};
  const ends = [treadEnd(width, align), treadEnd(width, block)];
  const free = ends.filter((end) => {
    const cost = tryCost(withWidth(kernel, grow, end));
    return cost !== undefined && cost.latency_s <= now.latency_s * (1 + rounding);
  });
  return Math.max(width, ...free);
}

/** Sums of the same terms in another order. */
export const rounding = 1e-9;

/** A width that costs more than a larger one: nobody should choose it. */
export interface DearWidth {
  readonly width: number;
  readonly than: number;
  /** By how much, as a fraction of the larger width's cost. */
  readonly by: number;
}

/** How much dearer counts: less is within the noise of the costs. */
const notable = 0.02;

/** Widths below an edge that cost more than the edge itself, the rest as in `kernel`; each once, against the next edge. */
export function dearWidths(
  kernel: Kernel,
  axis: Axis,
  { tryCost, predictor }: Pick<MarginalTerms, "tryCost" | "predictor">,
): readonly DearWidth[] {
  const { block = 1, align = 1 } = predictor?.structure[hasOneAxis(kernel) ? "in" : axis] ?? {};
  const [low, high] = predictor?.ranges[axis] ?? [1, 0];
  const dear: DearWidth[] = [];
  for (let width = low; width < high; width++) {
    const [edge, own] = [
      Math.max(treadEnd(width, align), treadEnd(width, block)),
      tryCost(withWidth(kernel, axis, width)),
    ];
    const wider = edge > width ? tryCost(withWidth(kernel, axis, edge)) : undefined;
    if (own && wider && own.latency_s > (1 + notable) * wider.latency_s)
      dear.push({ width, than: edge, by: own.latency_s / wider.latency_s - 1 });
  }
  return dear;
}
