import type { CostAnswer } from "../../../energy-db/index.ts";
import { formatJoules, formatPercent, formatSeconds } from "../../units.ts";
import type { Column } from "./table-text.ts";

/** "71.4 us (95 %: 68 us to 75 us), predicted; 0.7 mJ, modelled". */
export function costText(cost: Omit<CostAnswer, "rows">): string {
  const { latency_s, latency_low_s, latency_high_s, provenance, energy_j } = cost;
  const latency = `${formatSeconds(latency_s)} (95 %: ${formatSeconds(latency_low_s)} to ${formatSeconds(latency_high_s)}), ${provenance}`;
  return energy_j === undefined
    ? latency
    : `${latency}; ${formatJoules(energy_j)}, ${cost.energyProvenance}`;
}

/** A part of a network and what it costs. */
interface LayerRow {
  readonly layer: string;
  readonly kernel: string;
  readonly latency_s: number;
  readonly energy_j?: number | undefined;
}

/** The parts of a network that takes so long, one a row. */
export const layerColumns = (whole_s: number): readonly Column<LayerRow>[] => [
  { title: "layer", of: ({ layer }) => layer },
  { title: "kernel", of: ({ kernel }) => kernel },
  { title: "latency us", of: ({ latency_s }) => 1e6 * latency_s },
  { title: "share", of: ({ latency_s }) => formatPercent(latency_s / whole_s) },
  { title: "energy uJ", of: ({ energy_j }) => energy_j && 1e6 * energy_j },
];

/** What an inference costs beyond its kernels, as the last of such rows. */
export const callRow = (overhead: {
  readonly latency_s: number;
  readonly energy_j?: number | undefined;
}): LayerRow => ({ layer: "call", kernel: "one inference beyond its kernels", ...overhead });
