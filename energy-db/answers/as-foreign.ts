import { kernelMacs } from "../../src/network/costs.ts";
import type { ForeignTable, Shape } from "../formats/foreign-table.ts";
import type { CostTable, KernelCost } from "./cost-table.ts";
import { describeKernel } from "./refusal.ts";

/** A platform's measured kernels as other tools' tables have them: what the table answers for each, in SI units. */
export function asForeignTable(costs: CostTable): ForeignTable & { readonly device: string } {
  const { platform, method, energyModel } = costs;
  return {
    device: platform.device,
    dialect: `answers for measured kernels, ${method}`,
    units: { latency: "s", ...(energyModel ? { energy: "J" } : {}) },
    details: {
      processor: platform.processor,
      runtime: `${platform.runtime} ${platform.runtimeVersion}`,
      precision: platform.precision,
      threads: platform.threads,
      powerMode: platform.powerMode,
      latencyIs: "interpolated",
      ...(energyModel ? { energyIs: energyModel.provenance } : {}),
    },
    rows: costs.kernels().map(({ kernel, cost, observations }) => ({
      key: describeKernel(kernel),
      op: kernel.op,
      shape: shapeOf(kernel),
      inChannels: kernel.inChannels,
      outChannels: kernel.outChannels,
      macs: kernelMacs(kernel),
      latency_s: cost.latency_s,
      ...(cost.energy_j === undefined ? {} : { energy_j: cost.energy_j }),
      samples: observations,
    })),
  };
}

const shapeOf = (kernel: KernelCost["kernel"]): Shape => ({
  height: kernel.inHeight,
  width: kernel.inWidth,
  kernel: kernel.kernelSize,
  stride: kernel.stride,
  ...(kernel.kernelWidth === undefined ? {} : { kernelWidth: kernel.kernelWidth }),
  ...(kernel.strideWidth === undefined ? {} : { strideWidth: kernel.strideWidth }),
  ...(kernel.batch === 1 ? {} : { batch: kernel.batch }),
  ...{ padding: kernel.padding, variant: kernel.variant },
});
