import { combineLoads, groupBy, loadKey } from "../energy-db/index.ts";
import { kernelKey } from "../src/network/kernel.ts";
import { combineKernels } from "./combine-kernels.ts";
import { nodeResolution_s } from "./kernel-times.ts";
import type { PlannedNetwork } from "./plan.ts";
import { comparableRows, defaultMaxLoads, type Session } from "./steps.ts";

/**
 * Judges the intervals of `--target-ci`: the floor of every planned network over its loads, and every kernel for which the
 * target is no finer than the profiler's resolution (50 µs at 2 %). Networks that miss it, or hold a kernel that does, want another load while fewer than `maxLoads`
 * are in the table.
 */
export function unsettledNetworks(session: Session): {
  readonly wanting: readonly {
    readonly planned: PlannedNetwork;
    /** Whether it is for a kernel's sake. */
    readonly profileAll: boolean;
  }[];
  /** How many networks have met the target. */
  readonly settled: number;
} {
  const { plan, maxLoads = defaultMaxLoads, measuring } = session;
  const rows = [...comparableRows(session, "design"), ...comparableRows(session, "held-out")];
  const { time_s = 0, high_s = 0 } = measuring.instruments.recording ?? {};
  const wideKernels = new Set(
    combineKernels(rows, high_s - time_s)
      .filter((kernel) => canBeMet(kernel, plan.targetCi) && isWide(kernel, plan.targetCi))
      .map(({ kernel }) => kernelKey(kernel)),
  );
  // Drifted ones too: on a machine that stays slow there would be no end otherwise.
  const taken = new Map(
    [...groupBy(rows, loadKey)].map(([key, own]) => [
      key,
      new Set(own.map(({ sessionId, load }) => `${sessionId}/${load}`)).size,
    ]),
  );
  const networks = new Map(
    combineLoads(rows).map((network) => {
      const holdsWide = network.rows.some(({ kernels }) =>
        kernels.some(({ kernel }) => wideKernels.has(kernelKey(kernel))),
      );
      const unsettled = holdsWide || isWide(network.floor, plan.targetCi);
      const loads = taken.get(loadKey(network)) ?? 0;
      return [loadKey(network), { unsettled, holdsWide, loads }];
    }),
  );
  const judged = plan.networks.map((planned) => ({
    planned,
    found: networks.get(loadKey({ ...planned, batch: plan.space.batch })),
  }));
  return {
    wanting: judged.flatMap(({ planned, found }) =>
      found?.unsettled === true && found.loads < maxLoads
        ? { planned: { ...planned, metered: false }, profileAll: found.holdsWide }
        : [],
    ),
    settled: judged.filter(({ found }) => found?.unsettled === false).length,
  };
}

/** A target finer than what the node profiler tells apart asks for what more loads cannot give. */
const canBeMet = ({ latency_s }: { latency_s: number }, targetCi: number): boolean =>
  targetCi * latency_s >= nodeResolution_s;

const isWide = (
  { latency_s, low_s, high_s }: { latency_s: number; low_s: number; high_s: number },
  targetCi: number,
): boolean => (high_s - low_s) / 2 > targetCi * latency_s;
