import { join } from "node:path";
import { fitTable, openTable } from "../../energy-db/index.ts";
import { kernelMacs } from "../../src/network/costs.ts";
import type { Kernel } from "../../src/network/kernel.ts";
import { withWidths } from "../../src/network/network.ts";
import { identity, measuredNetwork, sessionSettings } from "../energy-db/example-rows.ts";
import { smallNetwork } from "./formula-table.ts";

const byWork = (kernel: Kernel): number => 2e-6 + 20e-9 * kernelMacs(kernel);
const byWidth = (kernel: Kernel): number => 5e-6 + 1e-6 * kernel.outChannels;

/** What kernels cost on every device of the table, s: the new one is like "by-work", three times as slow. */
export const costOn = {
  "by-work": byWork,
  "by-width": byWidth,
  constant: () => 12e-6,
  new: (kernel) => 3 * byWork(kernel),
} as const satisfies Record<string, (kernel: Kernel) => number>;

const widths = [2, 4, 8, 12, 16];
const everyPair = widths.flatMap((first) => widths.map((second) => [first, second] as const));
const few = [
  [2, 4],
  [8, 12],
  [16, 2],
] as const;

/** A table of three devices known at every pair of widths, and of a new one with ten kernels of three networks. */
export function writePlatformsTable(folder: string): string {
  const path = join(folder, "platforms.db");
  const table = openTable(path, { mode: "write", create: true });
  for (const [device, cost] of Object.entries(costOn)) {
    const { id } = table.ensurePlatform({ ...identity, device, fingerprint: device }, {});
    const session = table.startSession(id, { ...sessionSettings, space: "small" });
    for (const [position, [first, second]] of (device === "new" ? few : everyPair).entries()) {
      const pair = new Map([
        ["conv1", first],
        ["conv2", second],
      ]);
      const network = withWidths(smallNetwork(2, 2), pair);
      table.addNetworkMeasurement(id, session, measuredNetwork(network, cost, { position }));
    }
    fitTable(table, id, "small", "2026-01-01T00:09:00Z");
    table.finishSession(session, "2026-01-01T00:10:00Z", "done");
  }
  table.close();
  return path;
}
