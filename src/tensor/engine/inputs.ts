import type { TensorSpec, TensorValue } from "../types.ts";
import { StoredValue } from "./stored-value.ts";

/** The values of every declared input, in order. Throws where one is missing or has another shape or type. */
export function checkInputs(
  program: string,
  specs: Readonly<Record<string, TensorSpec>>,
  values: Readonly<Record<string, TensorValue>>,
): readonly (readonly [string, TensorValue])[] {
  return Object.entries(specs).map(([name, spec]) => {
    const value = values[name];
    if (!value) throw new Error(`Program "${program}" was run without input "${name}"`);
    const size = spec.shape.reduce((product, length) => product * length, 1);
    // Asking a stored value for its data would put it in row-major order.
    const length = value instanceof StoredValue ? size : value.data.length;
    if (describe(spec) === describe(value) && length === size) return [name, value] as const;
    throw new Error(
      `Input "${name}" of program "${program}" is ${describe(value)} with ${length} values, expected ${describe(spec)}`,
    );
  });
}

const describe = ({ shape, dtype }: TensorSpec): string => `${dtype}[${shape.join(", ")}]`;
