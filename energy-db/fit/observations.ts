import { kernelsOf } from "../../src/network/kernel.ts";
import { median } from "../../src/statistics.ts";
import { groupBy } from "../group-by.ts";
import { combineLoads, loadSpread } from "../loads/combine-loads.ts";
import { networkKey } from "../network-key.ts";
import type { StoredKernelMeasurement } from "../read-kernels.ts";
import type { StoredNetworkMeasurement } from "../read-networks.ts";
import type { EnergyTable } from "../table.ts";
import type { KernelObservation, NetworkObservation } from "./cost-fit.ts";

/** What a platform's rows say about costs. */
export interface Observations {
  readonly networks: readonly NetworkObservation[];
  readonly kernels: readonly KernelObservation[];
  /** What recording a node takes, as the sessions calibrated it, s; absent where nothing was recorded. */
  readonly recording_s?: number;
  /** Standard deviation of the speed that all of it was measured at around the session's, as a fraction; 0 where unknown. */
  readonly commonSd: number;
  /** Of the rows used: those of other versions are left out. */
  readonly protocol: number;
}

/**
 * Design networks and their node times, of the newest protocol version that has any. Held-out and verified networks judge
 * costs, so they never make them.
 */
export function observeNetworks(
  table: EnergyTable,
  platformId: number,
  space: string | undefined,
): Observations {
  const all = table.networkMeasurements(platformId, {
    role: "design",
    ...(space === undefined ? {} : { space }),
  });
  const protocol = Math.max(0, ...all.map((row) => row.protocol));
  const rows = all.filter((row) => row.protocol === protocol);
  const combined = combineLoads(rows);
  return {
    networks: combined.map(({ network, batch, floor }) => ({
      kernels: kernelsOf(network, { batch }).map(({ kernel }) => kernel),
      latency_s: floor.latency_s,
      relativeSd: Math.max(smallestSd, floor.relativeSd / Math.sqrt(floor.loads)),
    })),
    kernels: nodeTimes(rows),
    ...recordingOf(rows),
    commonSd: commonSd(rows),
    protocol,
  };
}

/** Of the mean over blocks, each of which met a state of the machine. */
function commonSd(rows: readonly StoredNetworkMeasurement[]): number {
  const blocks = new Set(rows.map(({ sessionId, block }) => `${sessionId}/${block ?? "-"}`)).size;
  return loadSpread(rows).floor.blockSd / Math.sqrt(Math.max(1, blocks));
}

/** The model is not better than this, however often a network was measured. */
const smallestSd = 0.01;

/** Kernels timed alone, or imported: no network to add up to. */
export function observeKernels(rows: readonly StoredKernelMeasurement[]): Observations {
  const usable = rows.filter(({ latency }) => latency.latency_s > 0);
  return {
    networks: [],
    kernels: usable.map(({ kernel, latency }) => ({
      kernel,
      time_s: latency.latency_s,
      nodes: 0,
    })),
    commonSd: 0,
    protocol: Math.max(0, ...rows.map(({ protocol }) => protocol)),
  };
}

/** What was subtracted from a node's time, over all rows. */
function recordingOf(rows: readonly StoredNetworkMeasurement[]): Pick<Observations, "recording_s"> {
  const times = rows.flatMap(({ kernels }) =>
    kernels.flatMap(({ unsubtracted_s, nodes = 0, latency }) =>
      unsubtracted_s === undefined || nodes === 0
        ? []
        : [(unsubtracted_s - latency.latency_s) / nodes],
    ),
  );
  return times.length > 0 ? { recording_s: median(times) } : {};
}

/** Median over the loads of a network, layer by layer. */
function nodeTimes(rows: readonly StoredNetworkMeasurement[]): readonly KernelObservation[] {
  const networks = groupBy(rows, ({ network, batch }) => `${networkKey(network)}/${batch}`);
  return [...networks].flatMap(([network, loads]) => {
    const layers = groupBy(
      loads.flatMap(({ kernels }) => kernels),
      ({ layer }) => layer,
    );
    return [...layers.values()].flatMap((times) => {
      const [first] = times;
      if (!first) return [];
      const { kernel, unsubtracted_s, nodes = 0 } = first;
      const recorded = unsubtracted_s === undefined ? 0 : nodes;
      // Version 1 kept times with the recording subtracted only.
      const time_s = median(
        times.map((time) => (recorded > 0 ? (time.unsubtracted_s ?? 0) : time.latency.latency_s)),
      );
      return time_s > 0 ? [{ kernel, time_s, nodes: recorded, network }] : [];
    });
  });
}
