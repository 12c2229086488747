import type { MenuEntry } from "../selection/gain-curve.ts";
import type { NeuronDirection } from "./directions.ts";
import type { DirectionSource } from "./find-directions.ts";
import {
  quadraticForm,
  type SplitType,
  splitTypeNames,
  splitTypes,
  usualC,
} from "./split-types.ts";

/** A way of splitting a neuron. */
export interface SplitEntry extends MenuEntry {
  readonly type: SplitType;
  /** Sum of the copies' absolute weights at most; `usualC` where absent. */
  readonly c?: number;
  /** Of the gain. */
  readonly standardError: number;
}

/** The ways of splitting a neuron that a search may choose from. */
export type MenuRule = (direction: NeuronDirection) => readonly SplitEntry[];

/** By group name, in neuron order. */
export type SplitMenus = ReadonlyMap<string, readonly (readonly SplitEntry[])[]>;

/** What tells one way of splitting from another: where directions come from, and which splits are on offer. */
export interface SplitRule {
  readonly findDirections: DirectionSource;
  readonly menu: MenuRule;
}

export const menusOf = (
  directions: ReadonlyMap<string, readonly NeuronDirection[]>,
  menu: MenuRule,
): SplitMenus =>
  new Map(
    [...directions].map(([group, neurons]) => [
      group,
      // A new neuron comes in one way, whatever splits are on offer.
      neurons.map((direction) => (direction.newcomer ? binaryMenu : menu)(direction)),
    ]),
  );

/** The positive split in two alone (S2D): what all methods but signed ones offer. */
export const binaryMenu: MenuRule = (direction) => [entryOf("positive binary", direction)];

/** The same by the bare index, as published: it depends on the filters' scale. */
export const bareMenu: MenuRule = (direction) => binaryMenu({ ...direction, squaredNorm: 1 });

/** As released with Wang et al. 2019: the index that the finder reports, on the data it was found on. */
export const releasedMenu: MenuRule = ({ lambdaMin }) => [
  { type: "positive binary", added: 1, gain: -lambdaMin, standardError: 0 },
];

/** Every split of S3D (Wang et al. 2020) that adds up to three neurons; needs both ends of the spectrum. */
export const signedMenu =
  (c: number): MenuRule =>
  (direction) =>
    splitTypeNames.map((type) => entryOf(type, direction, c));

/**
 * -Q |theta|^2 on held-out data: the gain of a step of relative size, whatever the filter's scale (specs 2.6). What the noise
 * of the held-out batches may have made is no gain.
 */
function entryOf(
  type: SplitType,
  { heldOut, heldOutMax, squaredNorm }: NeuronDirection,
  c = usualC,
): SplitEntry {
  const greatest = heldOutMax?.index ?? 0;
  const formOf = (least: number, most: number) => quadraticForm(type, { least, greatest: most }, c);
  const gain = -formOf(heldOut.index, greatest) * squaredNorm;
  // Q is linear in both ends.
  const standardError =
    squaredNorm *
    Math.hypot(
      formOf(1, 0) * (heldOut.standardError ?? 0),
      formOf(0, 1) * (heldOutMax?.standardError ?? 0),
    );
  const isNoise = gain > 0 && gain <= standardError;
  return { type, c, added: splitTypes[type] - 1, gain: isNoise ? 0 : gain, standardError };
}
