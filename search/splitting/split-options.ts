import type { Network } from "../../src/network/network.ts";
import { widthGroups } from "../../src/network/width-groups.ts";
import type { SearchContext } from "../method.ts";
import { candidateWidths } from "../selection/candidate-widths.ts";
import { gainCurve } from "../selection/gain-curve.ts";
import type { WidthOptions } from "../selection/select-widths.ts";
import type { SplitEntry, SplitMenus } from "./menu.ts";

/** The edges that a group can reach by splitting each neuron once at most, and what its best neurons gain on the way. */
export function splitOptions(
  network: Network,
  menus: SplitMenus,
  context: SearchContext,
): WidthOptions {
  const candidates = candidateWidths({ ...context, network });
  return new Map(
    widthGroups(network).flatMap(({ name, width }) => {
      const own = menus.get(name) ?? [];
      const most = mostAdded(own);
      const curve = gainCurve(own, most);
      const options = reachable(width, most, candidates.get(name) ?? []).flatMap((wide) => {
        const gain = curve.gains[wide - width];
        return gain === undefined || gain === Number.NEGATIVE_INFINITY
          ? []
          : [{ width: wide, gain }];
      });
      return options.length > 0 ? [[name, options] as const] : [];
    }),
  );
}

/** Neurons that a group's menus can add. */
const mostAdded = (menus: readonly (readonly SplitEntry[])[]): number =>
  menus.reduce((sum, menu) => sum + Math.max(0, ...menu.map(({ added }) => added)), 0);

/** Edges that can be reached; where the next one is too far, as far as one round comes. */
function reachable(width: number, most: number, edges: readonly number[]): readonly number[] {
  const wider = edges.filter((edge) => edge > width);
  const near = wider.filter((edge) => edge <= width + most);
  return near.length > 0 || wider.length === 0 || most === 0 ? near : [width + most];
}

/** A neuron and how it splits. */
export interface ChosenSplit extends SplitEntry {
  readonly neuron: number;
}

/** Splits by group name. */
export type ChosenSplits = ReadonlyMap<string, readonly ChosenSplit[]>;

/** The splits of greatest summed gain that give every group named its width. */
export function splitsFor(
  network: Network,
  widths: ReadonlyMap<string, number>,
  menus: SplitMenus,
): ChosenSplits {
  const present = new Map(widthGroups(network).map(({ name, width }) => [name, width]));
  return new Map(
    [...widths].map(([group, width]) => {
      const own = menus.get(group) ?? [];
      const added = Math.max(0, width - (present.get(group) ?? width));
      const chosen = gainCurve(own, added).chosen(added, own);
      return [
        group,
        chosen.flatMap((entry, neuron) => (entry ? [{ ...entry, neuron }] : [])),
      ] as const;
    }),
  );
}
