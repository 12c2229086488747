import type { Copy, Ends } from "../../search/splitting/split-types.ts";
import type { Neuron, Symmetric } from "./rbf-net.ts";

type Vector = readonly [number, number];

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

export const endsOf = ({ leastVector, greatestVector }: Extremes): Ends => ({
  least: leastVector,
  greatest: greatestVector,
});

/** Q: the sum of w d'Sd over the copies; the loss changes by step^2 / 2 x Q. */
export const quadraticGain = (copies: readonly Copy[], { xx, xy, yy }: Symmetric): number =>
  copies.reduce((total, { weight, displacement: [x = 0, y = 0] }) => {
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
      : copies.map(({ weight, displacement: [x = 0, y = 0] }) => ({
          w: weight * neuron.w,
          a: neuron.a + step * x,
          b: neuron.b + step * y,
        })),
  );
}
