import { type ConvolutionalCell, cellNetwork } from "../../src/network/cells/convolutional-cell.ts";
import { cellsOf } from "../../src/network/cells/read-cells.ts";
import { networkMacs } from "../../src/network/costs.ts";
import type { Network } from "../../src/network/network.ts";
import { findPreset } from "../../src/network/presets.ts";
import { net } from "./protocol.ts";

export const completeNetwork = (): Network => findPreset(net).build({});

/** The preset's stack of another cell. */
export function networkOfCell(cell: ConvolutionalCell): Network {
  const cells = cellsOf(completeNetwork());
  if (!cells) throw new Error(`${net} has no cells`);
  return cellNetwork(cell, cells.stack);
}

/** The complete wiring at the widest multiplier that costs no more MACs. */
export function thinnedNetwork(macs: number): Network {
  for (let step = 64; step > 0; step--) {
    const network = findPreset(net).build({ multiplier: step / 64 });
    if (networkMacs(network) <= macs) return network;
  }
  throw new Error(`No complete wiring has ${macs} MACs`);
}
