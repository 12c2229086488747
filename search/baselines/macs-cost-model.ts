import { kernelMacs, networkMacs } from "../../src/network/costs.ts";
import type { Network } from "../../src/network/network.ts";
import type { CostModel } from "../cost-model.ts";
import { networkCost } from "../network-cost.ts";

/**
 * What searches without a table assume: cost proportional to multiply-accumulates, here at the rate that `costs`
 * gives for `network`. Only on request (`--cost macs`), to compare with.
 */
export function macsCostModel(costs: CostModel, network: Network): CostModel {
  const { latency_s, energy_j } = networkCost(network, costs);
  const macs = networkMacs(network);
  return {
    source: `MACs at the rate of ${network.name} in ${costs.source}`,
    overhead: { latency_s: 0, ...(energy_j === undefined ? {} : { energy_j: 0 }) },
    kernel: (kernel) => {
      const share = kernelMacs(kernel) / macs;
      return {
        latency_s: share * latency_s,
        ...(energy_j === undefined ? {} : { energy_j: share * energy_j }),
      };
    },
  };
}
