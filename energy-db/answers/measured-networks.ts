import type { Network } from "../../src/network/network.ts";
import { combineLoads } from "../loads/combine-loads.ts";
import type { EnergyTable } from "../table.ts";

/** A network with the latency of its loads drawn together. */
export interface MeasuredLatency {
  readonly network: Network;
  /** Floor, s. */
  readonly latency_s: number;
}

/** Every network measured in a space, one image at a time, by the newest protocol version that measured any. */
export function measuredNetworks(
  table: EnergyTable,
  platformId: number,
  space: string,
): readonly MeasuredLatency[] {
  const all = table.networkMeasurements(platformId, { space });
  const protocol = Math.max(0, ...all.map((row) => row.protocol));
  return combineLoads(all.filter((row) => row.protocol === protocol && row.batch === 1)).map(
    ({ network, floor }) => ({ network, latency_s: floor.latency_s }),
  );
}
