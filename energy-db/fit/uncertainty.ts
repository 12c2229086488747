import { quantile } from "../../src/statistics.ts";

/** A symmetric matrix that is read only. */
export interface SymmetricMatrix {
  get(row: number, column: number): number;
}

/** Quadratic form of a sparse vector. */
export function quadratic(
  matrix: SymmetricMatrix,
  vector: readonly { readonly column: number; readonly value: number }[],
): number {
  let sum = 0;
  for (const a of vector)
    for (const b of vector) sum += a.value * b.value * matrix.get(a.column, b.column);
  return sum;
}

/** Half of a 95 % prediction interval of what measuring a network of this size shows, as a fraction: from the networks left out, near ones count most. */
export function relativeErrorNear(
  leftOut: readonly { readonly latency_us: number; readonly residual_us: number }[],
  latency_us: number,
): number {
  const near = leftOut.flatMap(({ latency_us: size, residual_us }) => {
    const distance = Math.log(size / latency_us) / nearness;
    const copies = Math.round(8 * Math.exp(-distance * distance));
    return new Array<number>(copies).fill(Math.abs(residual_us) / size);
  });
  const all = leftOut.map(({ latency_us: size, residual_us }) => Math.abs(residual_us) / size);
  const errors = near.length >= 40 ? near : all;
  return errors.length > 0 ? quantile(errors, 0.95) : 0;
}

/** In natural logarithms of latency: 0.3 to 0.6 cover alike (docs/measuring.md); wider ones give large networks the noise of small ones. */
const nearness = 0.4;
