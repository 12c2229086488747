import { seededRandom } from "../../src/random.ts";

/** Networks are timed on an input that only has to be free of zeros; a fixed seed keeps two runs alike. */
const inputSeed = 1;

/** The values of such inputs, drawn one after the other. */
export function fixedInputs(): (shape: readonly number[]) => Float32Array<ArrayBuffer> {
  const random = seededRandom(inputSeed);
  return (shape) => {
    const size = shape.reduce((product, length) => product * length, 1);
    return Float32Array.from({ length: size }, () => random.normal());
  };
}
