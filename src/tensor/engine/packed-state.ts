import type { Layout } from "../trace/layout.ts";
import type { Pack } from "../trace/traced-graph.ts";
import type { TensorSpec, TensorValue } from "../types.ts";
import { StoredValue } from "./stored-value.ts";

/** A float value and the layout its program keeps it in; undefined for row-major order. */
interface Kept {
  readonly shape: TensorSpec["shape"];
  readonly layout: Layout | undefined;
}

/** The vector of a pack's values: without a copy where they are parts of one already, as results of a run are. */
export function packed(
  { members, size }: Pack,
  arrayOf: (name: string) => Float32Array,
): Float32Array {
  const arrays = members.map(({ name }) => arrayOf(name));
  const [first] = arrays;
  const isWhole =
    first !== undefined &&
    arrays.every(
      ({ buffer, byteOffset }, at) =>
        buffer === first.buffer &&
        byteOffset ===
          first.byteOffset + (members[at]?.offset ?? 0) * Float32Array.BYTES_PER_ELEMENT,
    );
  if (isWhole) return new Float32Array(first.buffer, first.byteOffset, size);
  const vector = new Float32Array(size);
  for (const [at, array] of arrays.entries()) vector.set(array, members[at]?.offset);
  return vector;
}

/** The values that are parts of a pack's vector. */
export const unpacked = (
  { members }: Pack,
  vector: Float32Array,
  keptAs: (name: string) => Kept,
): readonly (readonly [string, TensorValue])[] =>
  members.map(({ name, offset, size }) => {
    const { shape, layout } = keptAs(name);
    const part = vector.subarray(offset, offset + size);
    return [
      name,
      layout === undefined
        ? { shape, dtype: "float32", data: part }
        : new StoredValue(shape, layout, part),
    ];
  });
