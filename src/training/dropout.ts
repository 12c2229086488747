import type { Random } from "../random.ts";
import type { TensorValue } from "../tensor/index.ts";

/**
 * A mask for x * mask: 0 with probability `rate`, else 1 / (1 - rate), so that the mean stays (Srivastava et al. 2014,
 * section 10, scaled while training). It is drawn outside and given as an input, because a compiled step would see the
 * same numbers in every run. Axes of length 1 drop whole channels or positions.
 */
export function dropoutMask(random: Random, shape: readonly number[], rate: number): TensorValue {
  if (!(rate >= 0 && rate < 1)) throw new Error(`A dropout rate of ${rate} is not in [0, 1)`);
  const length = shape.reduce((product, size) => product * size, 1);
  const kept = 1 / (1 - rate);
  const data = new Float32Array(length);
  // A loop: Float32Array.from takes ten times as long, which a small net's step feels.
  for (let i = 0; i < length; i++) data[i] = random.uniform() < rate ? 0 : kept;
  return { shape, dtype: "float32", data };
}
