import type { Network } from "../src/network/network.ts";
import { widthGroups } from "../src/network/width-groups.ts";

/** Widths by width group. */
export const widthsOf = (network: Network): Readonly<Record<string, number>> =>
  Object.fromEntries(widthGroups(network).map(({ name, width }) => [name, width]));
