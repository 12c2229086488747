import type { Network } from "../../src/network/network.ts";
import { widthGroups } from "../../src/network/width-groups.ts";
import type { SearchContext } from "../method.ts";
import { candidateWidths } from "../selection/candidate-widths.ts";
import { gainCurve } from "../selection/gain-curve.ts";
import type { WidthOption } from "../selection/select-widths.ts";
import type { NeuronDirection } from "./directions.ts";
import type { Directions } from "./find-directions.ts";

/** What splitting each neuron gains, by group name and in neuron order. */
export type NeuronGains = ReadonlyMap<string, readonly number[]>;

/**
 * -lambda |theta|^2 on held-out data: the gain of a step of relative size, whatever the filter's scale (specs 2.6). What
 * the noise of the held-out batches may have made is no gain.
 */
export function scaleFreeGain({ heldOutIndex, standardError = 0, squaredNorm }: NeuronDirection) {
  const isNoise = heldOutIndex < 0 && -heldOutIndex <= standardError;
  return isNoise ? 0 : -heldOutIndex * squaredNorm;
}

export const neuronGains = (directions: Directions): NeuronGains =>
  new Map([...directions].map(([group, neurons]) => [group, neurons.map(scaleFreeGain)]));

/** The edges that a group can reach by splitting each neuron once at most, and what its best neurons gain on the way. */
export function splitOptions(
  network: Network,
  gains: NeuronGains,
  context: SearchContext,
): ReadonlyMap<string, readonly WidthOption[]> {
  const candidates = candidateWidths({ ...context, network });
  return new Map(
    widthGroups(network).flatMap(({ name, width }) => {
      const menus = (gains.get(name) ?? []).map((gain) => [{ added: 1, gain }]);
      const curve = gainCurve(menus, menus.length);
      const options = reachable(width, candidates.get(name) ?? []).flatMap((wide) => {
        const gain = curve.gains[wide - width];
        return gain === undefined ? [] : [{ width: wide, gain }];
      });
      return options.length > 0 ? [[name, options] as const] : [];
    }),
  );
}

/** Edges up to twice the width; where the next one is further, twice the width is on the way to it. */
function reachable(width: number, edges: readonly number[]): readonly number[] {
  const wider = edges.filter((edge) => edge > width);
  const near = wider.filter((edge) => edge <= 2 * width);
  return near.length > 0 || wider.length === 0 ? near : [2 * width];
}

/** The neurons to split, best first, so that every group named gets its width. */
export function neuronsToSplit(
  network: Network,
  widths: ReadonlyMap<string, number>,
  gains: NeuronGains,
): ReadonlyMap<string, readonly number[]> {
  const present = new Map(widthGroups(network).map(({ name, width }) => [name, width]));
  return new Map(
    [...widths].map(([group, width]) => {
      const ranked = [...(gains.get(group) ?? []).entries()].sort((a, b) => b[1] - a[1]);
      const added = Math.max(0, width - (present.get(group) ?? width));
      return [group, ranked.slice(0, added).map(([neuron]) => neuron)] as const;
    }),
  );
}
