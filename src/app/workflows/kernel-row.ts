import type { CostAnswer, KernelCost } from "../../../energy-db/index.ts";

/** A cost as plain fields: what leaves the program. */
export const costFields = (cost: Omit<CostAnswer, "rows">) => ({
  latency_s: cost.latency_s,
  latency_low_s: cost.latency_low_s,
  latency_high_s: cost.latency_high_s,
  ...(cost.energy_j === undefined
    ? {}
    : {
        energy_j: cost.energy_j,
        energy_low_j: cost.energy_low_j,
        energy_high_j: cost.energy_high_j,
        energyProvenance: cost.energyProvenance,
      }),
  ...(cost.net_energy_j === undefined
    ? {}
    : {
        net_energy_j: cost.net_energy_j,
        net_energy_low_j: cost.net_energy_low_j,
        net_energy_high_j: cost.net_energy_high_j,
      }),
  provenance: cost.provenance,
});

/** A measured kernel and its cost as one flat row, to filter, sort and print. */
export const kernelRow = ({ kernel, cost, latency_s, observations, flags }: KernelCost) => ({
  ...kernel,
  ...costFields(cost),
  measured_s: latency_s,
  observations,
  flags: flags.join(" "),
});

export type KernelRow = ReturnType<typeof kernelRow>;

/** Fields of such rows, the optional ones too. */
export const kernelRowFields: readonly (keyof KernelRow)[] = [
  "op",
  "batch",
  "inHeight",
  "inWidth",
  "inChannels",
  "outChannels",
  "kernelSize",
  "kernelWidth",
  "stride",
  "strideWidth",
  "groups",
  "padding",
  "variant",
  "dtype",
  "latency_s",
  "latency_low_s",
  "latency_high_s",
  "energy_j",
  "energy_low_j",
  "energy_high_j",
  "net_energy_j",
  "net_energy_low_j",
  "net_energy_high_j",
  "energyProvenance",
  "provenance",
  "measured_s",
  "observations",
  "flags",
];
