import type { CostModel } from "../../../search/cost-model.ts";
import { kernelMacs } from "../../../src/network/costs.ts";
import type { Kernel } from "../../../src/network/kernel.ts";

/** Costs by formula: MACs after widths are rounded up to a step, outputs and inputs, plus a constant per kernel. */
export function steppedCosts(step: number, inputStep = step): CostModel {
  const up = (width: number) => Math.ceil(width / step) * step;
  const upIn = (width: number) => Math.ceil(width / inputStep) * inputStep;
  return {
    source: `steps of ${step}`,
    overhead: { latency_s: 2e-5, energy_j: 1e-5 },
    kernel: (kernel: Kernel) => {
      const { inChannels, outChannels } = kernel;
      const macs = kernelMacs({
        ...kernel,
        inChannels: upIn(inChannels),
        outChannels: up(outChannels),
      });
      return {
        latency_s: 3e-6 + macs * 1e-9,
        energy_j: 2e-6 + macs * 2e-9 + 1e-9 * upIn(inChannels) * up(outChannels),
      };
    },
  };
}

/** The same without energy, as a table made without a meter. */
export function withoutEnergy(costs: CostModel): CostModel {
  return {
    source: costs.source,
    overhead: { latency_s: costs.overhead.latency_s },
    kernel: (kernel) => ({ latency_s: costs.kernel(kernel).latency_s }),
  };
}
