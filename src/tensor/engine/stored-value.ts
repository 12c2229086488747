import {
  blockOf,
  isBlocked,
  type Layout,
  partsOf,
  sizeOf,
  splitShape,
  storedShape,
} from "../trace/layout.ts";
import type { TensorValue } from "../types.ts";

/** A float tensor in the layout a program keeps it in; its row-major data is made when first asked for. */
export class StoredValue implements TensorValue {
  readonly shape: readonly number[];
  readonly dtype = "float32";
  readonly layout: Layout;
  readonly stored: Float32Array;
  #data: Float32Array | undefined;

  constructor(shape: readonly number[], layout: Layout, stored: Float32Array) {
    this.shape = shape;
    this.layout = layout;
    this.stored = stored;
  }

  /** A value in the layout a program wants it in. */
  static of(value: TensorValue, layout: Layout): StoredValue {
    if (value instanceof StoredValue && value.layout === layout) return value;
    // Only float32 inputs are kept in a layout of their own.
    const stored = toLayout(value.data as Float32Array, value.shape, layout);
    return new StoredValue(value.shape, layout, stored);
  }

  get data(): Float32Array {
    this.#data ??= fromLayout(this.stored, this.shape, this.layout);
    return this.#data;
  }
}

function toLayout(data: Float32Array, shape: readonly number[], layout: Layout): Float32Array {
  const stored = new Float32Array(sizeOf(storedShape(shape, layout)));
  forEachPlace(shape, layout, (plain, place) => {
    stored[place] = data[plain] ?? 0;
  });
  return stored;
}

function fromLayout(stored: Float32Array, shape: readonly number[], layout: Layout): Float32Array {
  const data = new Float32Array(sizeOf(shape));
  forEachPlace(shape, layout, (plain, place) => {
    data[plain] = stored[place] ?? 0;
  });
  return data;
}

/** Visits every element with its row-major index and its place in the layout. */
function forEachPlace(
  shape: readonly number[],
  layout: Layout,
  visit: (plain: number, place: number) => void,
): void {
  const offsets = offsetsOf(shape, layout);
  let plain = 0;
  const along = (axis: number, place: number): void => {
    const own = offsets[axis];
    if (!own) {
      visit(plain++, place);
      return;
    }
    for (const offset of own) along(axis + 1, place + offset);
  };
  along(0, 0);
}

/** Per axis and index along it, what that index adds to the place in memory. */
function offsetsOf(shape: readonly number[], layout: Layout): readonly (readonly number[])[] {
  const parts = partsOf(layout);
  const sizes = isBlocked(layout) ? splitShape(shape, layout) : storedShape(shape, layout);
  const strides = sizes.map((_, at) => sizeOf(sizes.slice(at + 1)));
  const stride = (axis: number, of: string): number =>
    strides[parts.findIndex((part) => part.axis === axis && part.of === of)] ?? 0;
  const block = blockOf(layout);
  return shape.map((length, axis) =>
    Array.from({ length }, (_, index) =>
      parts.some((part) => part.axis === axis && part.of === "inside")
        ? Math.floor(index / block) * stride(axis, "blocks") +
          (index % block) * stride(axis, "inside")
        : index * stride(axis, "whole"),
    ),
  );
}
