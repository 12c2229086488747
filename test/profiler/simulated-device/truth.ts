import type { Network } from "../../../src/network/network.ts";
import { seededRandom } from "../../../src/random.ts";
import { median } from "../../../src/statistics.ts";
import { Disturbances } from "./disturbances.ts";
import { type Physics, type PowerRules, undisturbed_s } from "./physics.ts";

/** What a simulated machine's own formulas say of a network, mean over loads. */
export interface Truth {
  readonly floor_s: number;
  readonly typical_s: number;
  /** Mean of all inferences, slow ones too. */
  readonly mean_s: number;
}

/** Stretches of this many batches, far apart, tell the distribution of disturbances. */
const draws = 20000;
const batch_s = 1e-3;

/** How much a batch is slowed down by jitter and bursts: median and mean, as factors. */
export function disturbanceFactors(physics: Physics): {
  readonly median: number;
  readonly mean: number;
} {
  const random = seededRandom(physics.seed);
  const disturbances = new Disturbances({ ...physics.disturbance, stateSd: 0 }, physics.seed + 9);
  const factors = Array.from({ length: draws }, (_, i) => {
    const jitter = 1 - physics.jitter * Math.log(1 - random.uniform());
    return jitter * disturbances.slowdown(i * (batch_s + 0.02), 1);
  });
  return { median: median(factors), mean: factors.reduce((sum, f) => sum + f, 0) / draws };
}

/** With the machine's mean state while it was measured: what a session's rows stand for. */
export function truthOf(
  physics: Physics,
  network: Network,
  factors: ReturnType<typeof disturbanceFactors>,
  meanState = 0,
): Truth {
  const undisturbed = undisturbed_s(physics, network);
  const floor_s = undisturbed * Math.exp(physics.disturbance.sensitivity(undisturbed) * meanState);
  return { floor_s, typical_s: floor_s * factors.median, mean_s: floor_s * factors.mean };
}

export const trueEnergy = (
  { mean_s }: Truth,
  { run_w, idle_w }: PowerRules,
): { readonly gross_j: number; readonly net_j: number } => ({
  gross_j: run_w * mean_s,
  net_j: (run_w - idle_w) * mean_s,
});
