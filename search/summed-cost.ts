import { networkMacs, networkParameters, networkPeakMemory_bytes } from "../src/network/costs.ts";
import { kernelsOf } from "../src/network/kernel.ts";
import type { Network } from "../src/network/network.ts";
import type { CostModel } from "./cost-model.ts";
import type { NetworkCost } from "./history.ts";

/** Cost of a whole network by the model: overhead plus the sum over its kernels. */
export function summedCost(network: Network, costs: CostModel): NetworkCost {
  const kernels = kernelsOf(network).map(({ kernel }) => costs.kernel(kernel));
  const latency_s = kernels.reduce((sum, cost) => sum + cost.latency_s, costs.overhead.latency_s);
  const energies = kernels.map(({ energy_j }) => energy_j);
  const known = energies.filter((energy_j) => energy_j !== undefined);
  const energy_j = known.reduce((sum, energy) => sum + energy, costs.overhead.energy_j ?? 0);
  return {
    latency_s,
    ...(known.length === kernels.length ? { energy_j } : {}),
    macs: networkMacs(network),
    parameters: networkParameters(network),
    peakMemory_bytes: networkPeakMemory_bytes(network),
  };
}
