import type { Network } from "../../src/network/network.ts";
import { median } from "../../src/statistics.ts";
import { groupBy } from "../group-by.ts";
import { networkKey } from "../network-key.ts";
import type { StoredNetworkMeasurement } from "../read-networks.ts";

export interface CombinedNetwork {
  readonly network: Network;
  readonly batch: number;
  readonly floor: { readonly latency_s: number; readonly relativeSd: number };
}

export function combineLoads(
  rows: readonly StoredNetworkMeasurement[],
): readonly CombinedNetwork[] {
  return [...groupBy(rows, ({ network, batch }) => `${networkKey(network)}/${batch}`).values()].flatMap(
    (loads) => {
      const [first] = loads;
      return first
        ? [
            {
              network: first.network,
              batch: first.batch,
              floor: {
                latency_s: median(loads.map(({ latency }) => latency.floor.latency_s)),
                relativeSd: 0.015,
              },
            },
          ]
        : [];
    },
  );
}
