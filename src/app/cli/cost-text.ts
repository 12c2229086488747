import type { CostAnswer, EnergyAnswer } from "../../../energy-db/index.ts";
import { formatJoules, formatNumber, formatPercent, formatSeconds } from "../../units.ts";
import type { FoundLikeness } from "../workflows/like-cost.ts";
import type { Column } from "./table-text.ts";

/** "71.4 us (95 %: 68 us to 75 us), predicted; 0.7 mJ gross, 0.5 mJ net of idle, derived". */
export function costText(cost: Omit<CostAnswer, "rows">): string {
  const { latency_s, latency_low_s, latency_high_s, provenance } = cost;
  const latency = `${formatSeconds(latency_s)} (95 %: ${formatSeconds(latency_low_s)} to ${formatSeconds(latency_high_s)}), ${provenance}`;
  const energy = energyText(cost);
  return energy === undefined ? latency : `${latency}; ${energy}`;
}

/** "0.7 mJ gross, 0.5 mJ net of idle, derived"; without the net part where idle power is unknown, undefined without energy. */
export function energyText({
  energy_j,
  net_energy_j,
  energyProvenance,
}: EnergyAnswer): string | undefined {
  if (energy_j === undefined) return undefined;
  const net = net_energy_j === undefined ? "" : ` ${formatJoules(net_energy_j)} net of idle,`;
  return `${formatJoules(energy_j)} gross,${net} ${energyProvenance}`;
}

/** The platforms that a new one is like, a line each, and how well such predictions were. */
export const likenessText = ({ probes, platforms, judged }: FoundLikeness): string =>
  [
    ...platforms.map(
      ({ name, share, timesAsLong }) =>
        `like     ${formatPercent(share)} ${name}, ${formatNumber(timesAsLong)} times as long`,
    ),
    judged
      ? `judged   ${judged.platforms} platforms predicted from the same ${probes} kernels, each left out: off by ${formatPercent(judged.medianError)} (median)`
      : `judged   not: one platform alone; the interval is what ${probes} kernels say`,
  ].join("\n");

/** A part of a network and what it costs. */
interface LayerRow {
  readonly layer: string;
  readonly kernel: string;
  readonly latency_s: number;
  readonly energy_j?: number | undefined;
  readonly net_energy_j?: number | undefined;
  readonly provenance?: string;
}

/** The parts of a network that takes so long, one a row. */
export const layerColumns = (whole_s: number): readonly Column<LayerRow>[] => [
  { title: "layer", of: ({ layer }) => layer },
  { title: "kernel", of: ({ kernel }) => kernel },
  { title: "latency us", of: ({ latency_s }) => 1e6 * latency_s },
  { title: "share", of: ({ latency_s }) => formatPercent(latency_s / whole_s) },
  { title: "energy uJ", of: ({ energy_j }) => energy_j && 1e6 * energy_j },
  {
    title: "net uJ",
    of: ({ net_energy_j }) => net_energy_j && 1e6 * net_energy_j,
    optional: true,
  },
  { title: "provenance", of: ({ provenance }) => provenance, optional: true },
];

/** What an inference costs beyond its kernels, as the last of such rows. */
export const callRow = (overhead: {
  readonly latency_s: number;
  readonly energy_j?: number | undefined;
  readonly net_energy_j?: number | undefined;
}): LayerRow => ({ layer: "call", kernel: "one inference beyond its kernels", ...overhead });
