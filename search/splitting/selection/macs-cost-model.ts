import { kernelMacs, networkMacs } from "../../../src/network/costs.ts";
import { kernelsOf } from "../../../src/network/kernel.ts";
import type { Network } from "../../../src/network/network.ts";
import type { CostModel } from "../../cost-model.ts";
import { networkQuantities } from "./quantities.ts";

/**
 * Latency and energy in proportion to MACs, for `--cost macs`: scaled so that `reference` costs what `measured`
 * says. Steers a search by a proxy under the same budgets, to compare with; nothing delivered is judged by it.
 */
export function macsCostModel(measured: CostModel, reference: Network): CostModel {
  const macs = networkMacs(reference);
  const { latency_s = 0 } = networkQuantities(reference, measured, ["latency_s"]);
  const hasEnergy = kernelsOf(reference).every(
    ({ kernel }) => measured.kernel(kernel).energy_j !== undefined,
  );
  const { energy_j = 0 } = hasEnergy ? networkQuantities(reference, measured, ["energy_j"]) : {};
  return {
    source: `MACs, scaled to ${reference.name} by ${measured.source}`,
    overhead: { latency_s: 0, ...(hasEnergy && { energy_j: 0 }) },
    kernel: (kernel) => {
      const share = kernelMacs(kernel) / macs;
      return {
        latency_s: share * latency_s,
        ...(hasEnergy && { energy_j: share * energy_j }),
      };
    },
  };
}
