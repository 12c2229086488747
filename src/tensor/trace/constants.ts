import type { OnnxTensor } from "../../onnx/graph.ts";
import type { Names } from "./names.ts";
import type { TracedType } from "./traced.ts";

/** Larger constants of one value are expanded by the runtime instead of being stored. */
export const largestStoredFill = 256;

/** The constants of one graph; equal ones are stored once where they are small. */
export class Constants {
  readonly #names: Names;
  readonly #tensors: OnnxTensor[] = [];
  /** Names of small ones by what they hold, and of those that take work by their key. */
  readonly #known = new Map<string, string>();
  readonly #shared = new Map<string, string>();

  constructor(names: Names) {
    this.#names = names;
  }

  get all(): readonly OnnxTensor[] {
    return this.#tensors;
  }

  /** Name of an int64 vector: shapes, axes, pads. */
  ints(values: readonly number[]): string {
    return this.#store({
      type: "int64",
      shape: [values.length],
      data: BigInt64Array.from(values, BigInt),
    });
  }

  tensor(values: ArrayLike<number>, shape: readonly number[], type: TracedType): string {
    const data = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[type].from(values);
    return this.#store({ type, shape, data });
  }

  shared(key: string, make: () => string): string {
    const name = this.#shared.get(key) ?? make();
    this.#shared.set(key, name);
    return name;
  }

  #store(tensor: Omit<OnnxTensor, "name">): string {
    const isSmall = tensor.data.length <= largestStoredFill;
    const key = isSmall ? `${tensor.type}[${tensor.shape.join()}]${tensor.data.join()}` : undefined;
    const known = key === undefined ? undefined : this.#known.get(key);
    if (known !== undefined) return known;
    const name = this.#names.fresh("constant");
    if (key !== undefined) this.#known.set(key, name);
    this.#tensors.push({ ...tensor, name });
    return name;
  }
}
