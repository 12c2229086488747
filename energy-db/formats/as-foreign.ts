import { kernelMacs } from "../../src/network/costs.ts";
import type { CostTable, KernelCost } from "../answers/cost-table.ts";
import { loadCosts } from "../answers/load-costs.ts";
import { measuredNetworks } from "../answers/measured-networks.ts";
import { describeKernel } from "../answers/refusal.ts";
import { networkKey } from "../network-key.ts";
import type { PlatformSummary } from "../platforms.ts";
import type { EnergyTable } from "../table.ts";
import type { ForeignTable, Shape } from "./foreign-table.ts";

/** A platform's costs, and its number among the platforms. */
export type DeviceTable = ForeignTable & { readonly device: string; readonly platform: number };

/** Platforms with kernels measured inside networks, all or a device's, as other tools' tables have them. */
export const measuredTables = (table: EnergyTable, device?: string): readonly DeviceTable[] =>
  platformsWithCosts(table, device).map(({ id }) => asForeignTable(loadCosts(table, id)));

/** Platforms with kernels measured inside networks, all or a device's. */
export const platformsWithCosts = (
  table: EnergyTable,
  device: string | undefined,
): readonly PlatformSummary[] =>
  table
    .platforms()
    .filter((platform) => device === undefined || platform.device === device)
    .filter(({ id }) => table.kernelFamilies(id).length > 0);

/** Networks measured whole, as lists of networks have them. */
export const measuredNetworkTables = (
  table: EnergyTable,
  device?: string,
): readonly DeviceTable[] =>
  table
    .platforms()
    .filter((platform) => device === undefined || platform.device === device)
    .map(({ id, device: name }) => ({
      device: name,
      platform: id,
      dialect: "networks measured",
      units: { latency: "s" as const },
      details: { latencyIs: "measured" },
      rows: [...new Set(table.networkMeasurements(id).map(({ space }) => space))]
        .flatMap((space) => measuredNetworks(table, id, space))
        .map(({ network, latency_s }) => ({
          ...{ key: `${network.name} ${networkKey(network).slice(0, 8)}`, op: "network" },
          ...{ shape: {}, latency_s },
        })),
    }))
    .filter(({ rows }) => rows.length > 0);

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
