import { kernelMacs } from "../../src/network/costs.ts";
import type { CostTable, KernelCost } from "../answers/cost-table.ts";
import { loadCosts } from "../answers/load-costs.ts";
import { describeKernel } from "../answers/refusal.ts";
import type { EnergyTable } from "../table.ts";
import type { ForeignTable, Shape } from "./foreign-table.ts";

/** A platform's costs, and its number among the platforms. */
export type DeviceTable = ForeignTable & { readonly device: string; readonly platform: number };

/** Platforms with kernels measured inside networks, all or a device's, as other tools' tables have them. */
export const measuredTables = (table: EnergyTable, device?: string): readonly DeviceTable[] =>
  table
    .platforms()
    .filter((platform) => device === undefined || platform.device === device)
    .filter(({ id }) => table.kernelFamilies(id).length > 0)
    .map(({ id }) => asForeignTable(loadCosts(table, id)));

/** A platform's measured kernels as other tools' tables have them: what the table answers for each, in SI units. */
function asForeignTable(costs: CostTable): DeviceTable {
  const { platform, method, energyModel } = costs;
  return {
    device: platform.device,
    platform: platform.id,
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
