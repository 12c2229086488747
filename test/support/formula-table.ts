import { join } from "node:path";
import { openTable } from "../../energy-db/index.ts";
import type { PlatformIdentity } from "../../energy-db/records.ts";
import { fitCosts } from "../../profiler/fit-costs.ts";
import { measuringProtocol, type ProfilePlan } from "../../profiler/index.ts";
import { kernelMacs } from "../../src/network/costs.ts";
import type { Kernel } from "../../src/network/kernel.ts";
import { type Network, withWidths } from "../../src/network/network.ts";
import { identity, measuredNetwork, sessionSettings } from "../energy-db/example-rows.ts";

/** Two strided convolutions on 8x8x1 images of 4 classes: fits the synthetic data set. */
export const smallNetwork = (first: number, second: number): Network => ({
  name: "small",
  input: { height: 8, width: 8, channels: 1 },
  layers: [
    convolution("conv1", first),
    convolution("conv2", second),
    { kind: "global_pool", name: "pool" },
    { kind: "dense", name: "logits", width: 4, bias: true, activation: "linear" },
  ],
});

const convolution = (name: string, width: number): Network["layers"][number] => ({
  kind: "conv2d",
  name,
  width,
  kernelSize: 3,
  stride: 2,
  padding: "same",
  bias: false,
  batchNorm: true,
  activation: "swish",
});

const widths = [2, 4, 8, 12, 16];

/** 1 us, and 1 ns per multiply-accumulate. */
const formula_s = (kernel: Kernel): number => 1e-6 + 1e-9 * kernelMacs(kernel);

/** A table whose kernels cost what the formula says, measured for every pair of widths; energy from an assumed power, if any. */
export function writeFormulaTable(
  folder: string,
  {
    platform = identity,
    assumePower_w,
  }: { readonly platform?: PlatformIdentity; readonly assumePower_w?: number } = {},
): string {
  const path = join(folder, "energy.db");
  const table = openTable(path, { mode: "write", create: true });
  const { id } = table.ensurePlatform(platform, {});
  const session = table.startSession(id, { ...sessionSettings, space: "small" });
  let position = 0;
  for (const first of widths)
    for (const second of widths) {
      const network = withWidths(
        smallNetwork(2, 2),
        new Map([
          ["conv1", first],
          ["conv2", second],
        ]),
      );
      table.addNetworkMeasurement(
        id,
        session,
        measuredNetwork(network, formula_s, { position: position++ }),
      );
    }
  fitCosts(table, id, { space: "small", fittedAt: "2026-01-01T00:09:00Z", assumePower_w });
  table.finishSession(session, "2026-01-01T00:10:00Z", "done");
  table.close();
  return path;
}

/** Adds a table in which a plan is measured already, as often as asked, on a platform where kernels cost the formula. */
export function writePlannedTable(
  path: string,
  { networks, space }: ProfilePlan,
  {
    platform,
    loads,
    assumePower_w,
  }: {
    readonly platform: PlatformIdentity;
    readonly loads: number;
    /** Its costs are fitted then. */
    readonly assumePower_w?: number;
  },
): void {
  const table = openTable(path, { mode: "write", create: true });
  const { id } = table.ensurePlatform(platform, {});
  const settings = { ...sessionSettings, space: space.name, protocol: measuringProtocol };
  const session = table.startSession(id, settings);
  for (const { network, role, position } of networks)
    for (let load = 0; load < loads; load++)
      table.addNetworkMeasurement(
        id,
        session,
        measuredNetwork(network, formula_s, { role, position, load }),
      );
  if (assumePower_w !== undefined)
    fitCosts(table, id, { space: space.name, fittedAt: "2026-01-01T00:09:00Z", assumePower_w });
  table.finishSession(session, "2026-01-01T00:10:00Z", "done");
  table.close();
}
