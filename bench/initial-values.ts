import { seededRandom } from "../src/random.ts";
import type { TensorSpec, TensorValue } from "../src/tensor/index.ts";

/** Small random weights and images: times do not depend on them as long as nothing overflows. */
export function initialValues(
  inputs: Readonly<Record<string, TensorSpec>>,
): Readonly<Record<string, TensorValue>> {
  const random = seededRandom(1);
  const entries = Object.entries(inputs).map(([name, { shape, dtype }]) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const data =
      dtype === "int32"
        ? Int32Array.from({ length: size }, () => random.below(10))
        : Float32Array.from({ length: size }, () => initialValue(name, random.normal()));
    return [name, { shape, dtype, data }] as const;
  });
  return Object.fromEntries(entries);
}

function initialValue(name: string, normal: number): number {
  if (name === "rate") return 0.01;
  if (name.endsWith("gamma") || name.endsWith("variance")) return 1;
  return name === "x" ? normal : name.endsWith("kernel") && !name.includes(":") ? normal / 10 : 0;
}
