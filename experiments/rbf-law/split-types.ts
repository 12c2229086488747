import type { Neuron, Symmetric } from "./rbf-net.ts";

type Vector = readonly [number, number];

/** A copy's share of the outgoing weight and its displacement over (a, b), in units of the step. */
export interface Copy {
  readonly weight: number;
  readonly displacement: Vector;
}

/** Least and greatest eigenvalue with unit eigenvectors. */
export interface Extremes {
  readonly least: number;
  readonly leastVector: Vector;
  readonly greatest: number;
  readonly greatestVector: Vector;
}

export function extremesOf({ xx, xy, yy }: Symmetric): Extremes {
  const centre = (xx + yy) / 2;
  const radius = Math.hypot((xx - yy) / 2, xy);
  const angle = Math.atan2(2 * xy, xx - yy) / 2;
  return {
    least: centre - radius,
    leastVector: [-Math.sin(angle), Math.cos(angle)],
    greatest: centre + radius,
    greatestVector: [Math.cos(angle), Math.sin(angle)],
  };
}

const scaled = ([x, y]: Vector, by: number): Vector => [by * x, by * y];
const sum = (one: Vector, other: Vector): Vector => [one[0] + other[0], one[1] + other[1]];
const still: Vector = [0, 0];

export const splitTypes = [
  "positive binary",
  "negative binary",
  "positive triplet",
  "negative triplet",
  "hybrid triplet",
  "quartet",
] as const;
export type SplitType = (typeof splitTypes)[number];

/**
 * The copies of every split type under sum |w| <= c (S3D, Wang et al. 2020): weights sum to 1, weighted displacements to 0,
 * none longer than the step.
 */
export function copiesOf(type: SplitType, extremes: Extremes, c: number): readonly Copy[] {
  const [plus, minus] = [(c + 1) / 2, (c - 1) / 2];
  const { leastVector: u, greatestVector: v } = extremes;
  const shift = scaled(v, minus / plus);
  const copy = (weight: number, displacement: Vector): Copy => ({ weight, displacement });
  const pair = (weight: number, along: Vector, around = still) => [
    copy(weight / 2, sum(around, along)),
    copy(weight / 2, sum(around, scaled(along, -1))),
  ];
  const aside = scaled(u, Math.sqrt(1 - (minus / plus) ** 2));
  const all: { readonly [T in SplitType]: readonly Copy[] } = {
    "positive binary": pair(1, u),
    "negative binary": [copy(plus, shift), copy(-minus, v)],
    "positive triplet": [...pair(plus, u), copy(-minus, still)],
    "negative triplet": [copy(plus, still), ...pair(-minus, v)],
    "hybrid triplet": [...pair(plus, aside, shift), copy(-minus, v)],
    quartet: [...pair(plus, u), ...pair(-minus, v)],
  };
  return all[type];
}

/** Q: the sum of w d'Sd over the copies; the loss changes by step^2 / 2 x Q. */
export const quadraticGain = (copies: readonly Copy[], { xx, xy, yy }: Symmetric): number =>
  copies.reduce((total, { weight, displacement: [x, y] }) => {
    return total + weight * (xx * x * x + 2 * xy * x * y + yy * y * y);
  }, 0);

/** The net with one neuron replaced by its copies. */
export function withSplit(
  neurons: readonly Neuron[],
  index: number,
  { copies, step }: { readonly copies: readonly Copy[]; readonly step: number },
): readonly Neuron[] {
  return neurons.flatMap((neuron, i) =>
    i !== index
      ? [neuron]
      : copies.map(({ weight, displacement: [x, y] }) => ({
          w: weight * neuron.w,
          a: neuron.a + step * x,
          b: neuron.b + step * y,
        })),
  );
}
