import type { CostModel } from "../search/index.ts";
import type { AdditiveQuantity } from "../search/quantities.ts";
import { type OpenGroup, problemOf } from "../search/selection/network-problem.ts";
import { solveSelection } from "../search/selection/solve.ts";
import { kernelMacs } from "../src/network/costs.ts";
import type { Network } from "../src/network/network.ts";
import { presets } from "../src/network/presets.ts";
import { freeGroups } from "../src/network/width-groups.ts";
import { type Random, seededRandom } from "../src/random.ts";

const quantities = ["latency_s", "energy_j", "parameters"] as const satisfies AdditiveQuantity[];
const widths = Int32Array.from({ length: 40 }, (_, i) => 16 * (i + 1));

/**
 * How long a selection takes and what gap it leaves unproved: MobileNetV1's 14 groups on a chain and ResNet-20's 12 tied
 * ones, 40 widths each, random gains, costs in stairs that differ by 30 % either way, one to three limits.
 */
export async function run(): Promise<void> {
  for (const net of ["mobilenet-v1-cifar", "resnet-cifar"] as const)
    for (const seed of [1, 2, 3])
      for (const limits of [1, 2, 3]) report(presets[net].build({}), seed, limits);
}

function report(network: Network, seed: number, limited: number): void {
  const choice = choiceOf(network, seed, quantities.slice(0, limited));
  const start = performance.now();
  const { choice: found, bound, isProved } = solveSelection(problemOf(choice));
  const seconds = (performance.now() - start) / 1000;
  const gain = found?.gain ?? Number.NaN;
  const proof = isProved ? "proved" : `gap ${(100 * (1 - gain / bound)).toFixed(4)} %`;
  console.log(
    `${network.name}, seed ${seed}, ${limited} limits: gain ${gain.toFixed(6)}, ${proof}, ${seconds.toFixed(2)} s`,
  );
}

/** Limits between the cheapest choice and the one of greatest gain: a fifth of the way for latency, more for others. */
function choiceOf(network: Network, seed: number, limited: readonly AdditiveQuantity[]) {
  const random = seededRandom(seed);
  const open = freeGroups(network).map(
    (group): OpenGroup => ({ group, widths, gains: concaveGains(random), present: 0 }),
  );
  const costs = stairs(random.uniform());
  const asked = { network, open, costs, quantities: limited };
  const unlimited = problemOf({ ...asked, budget: {} });
  const { choice, leastCosts } = solveSelection(unlimited);
  const budget = Object.fromEntries(
    limited.map((quantity, q) => {
      const [low = 0, high = 0] = [leastCosts[q], choice?.costs[q]];
      return [quantity, low + (0.2 + 0.07 * q) * (high - low)];
    }),
  );
  return { ...asked, budget };
}

function concaveGains(random: Random): Float64Array {
  const scale = random.uniform();
  let gain = 0;
  return Float64Array.from(widths, (_, i) => {
    if (i > 0) gain += (scale * random.uniform()) / i;
    return gain;
  });
}

function stairs(tilt: number): CostModel {
  return {
    source: "stairs of 16",
    overhead: { latency_s: 2e-5, energy_j: 1e-5 },
    kernel: (kernel) => {
      const outChannels = 16 * Math.ceil(kernel.outChannels / 16);
      const macs = kernelMacs({ ...kernel, outChannels });
      const weights = kernel.inChannels * kernel.outChannels;
      const uneven = 1 + 0.3 * Math.sin(outChannels);
      return {
        latency_s: 1e-6 + 1e-10 * macs * uneven + 4e-11 * tilt * weights,
        energy_j: 2e-6 + 2e-10 * macs + 4e-9 * weights,
      };
    },
  };
}
