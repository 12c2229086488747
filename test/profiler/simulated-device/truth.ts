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

/** Every so many batches one is looked at; a slow moment holds fewer of them than a fast one. */
const draws = 20000;
const every = 20;
const batch_s = 1e-3;

/** How much a batch is slowed down by jitter and bursts, of all that run one after the other: median and mean, as factors. */
export function disturbanceFactors(physics: Physics): {
  readonly median: number;
  readonly mean: number;
} {
  const random = seededRandom(physics.seed);
  const disturbances = new Disturbances({ ...physics.disturbance, stateSd: 0 }, physics.seed + 9);
  let now_s = 0;
  const factors = Array.from({ length: draws }, () => {
    const jitter = 1 - physics.jitter * Math.log(1 - random.uniform());
    const factor = jitter * disturbances.slowdown(now_s, 1);
    now_s += every * batch_s * factor;
    return factor;
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

/** `drift` is the mean factor by which power was off while it was measured. */
export function trueEnergy(
  { mean_s }: Truth,
  { run_w, idle_w, bursts }: PowerRules,
  drift = 1,
): { readonly gross_j: number; readonly net_j: number } {
  const others_w = bursts ? bursts.extra_w * occupancy(bursts) : 0;
  return {
    gross_j: drift * (run_w + others_w) * mean_s,
    net_j: drift * (run_w - idle_w) * mean_s,
  };
}

/** The part of the time that bursts take, each beginning after the one before. */
const occupancy = ({ bursts_hz, burst_s }: NonNullable<PowerRules["bursts"]>): number =>
  burst_s / (burst_s + 1 / bursts_hz);
