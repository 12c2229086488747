import type { GraphBuilder } from "../graph-builder.ts";
import { axesOf, sizeOf } from "../layout.ts";
import type { Traced } from "../traced.ts";
import type { Window } from "../window.ts";

/**
 * One matrix per channel that does what the filter does to a whole image: [channels, in pixels, out pixels].
 * Made by a product with a constant, because ONNX Runtime gathers single numbers five times slower.
 */
export function toeplitzOfFilter(builder: GraphBuilder, filter: Traced, window: Window): string {
  const { inChannels, in: input, out, size } = window;
  const taps = sizeOf(size);
  const weights = builder.reshapeValue(builder.read(filter, "2301"), [inChannels, taps]);
  const selection = builder.shared(`spread ${geometry(window)}`, () => {
    const places = tapPlaces(window, "image");
    const spread = new Float32Array(taps * places.length);
    for (const [place, tap] of places.entries())
      if (tap >= 0) spread[tap * places.length + place] = 1;
    return builder.tensor(spread, [taps, places.length], "float32");
  });
  const product = builder.emit("MatMul", [weights, selection]);
  return builder.reshapeValue(product, [inChannels, sizeOf(input), sizeOf(out)]);
}

/** Sums every tap's entries of products laid out like the matrix above (or its like for rows) in the last axis. */
export function tapsFromToeplitz(
  builder: GraphBuilder,
  products: string,
  window: Window,
  of: "image" | "row",
): string {
  const { size } = window;
  const taps = of === "image" ? sizeOf(size) : size[1];
  const selection = builder.shared(`gather ${of} ${geometry(window)}`, () => {
    const places = tapPlaces(window, of);
    const gathered = new Float32Array(places.length * taps);
    for (const [place, tap] of places.entries()) if (tap >= 0) gathered[place * taps + tap] = 1;
    return builder.tensor(gathered, [places.length, taps], "float32");
  });
  return builder.emit("MatMul", [products, selection]);
}

/** What the constants depend on: not on batch or channels. */
const geometry = ({ in: input, out, size, strides, before }: Window): string =>
  [input, out, size, strides, before].join();

/** For every pair of input and output pixel the tap between them, or -1. */
function tapPlaces(window: Window, of: "image" | "row"): readonly number[] {
  const columns = tapsAlong(window, 1);
  if (of === "row") return columns.flat();
  const rows = tapsAlong(window, 0);
  const width = window.size[1];
  return rows.flatMap((row) =>
    columns.flatMap((column) =>
      row.flatMap((top) => column.map((left) => (top < 0 || left < 0 ? -1 : top * width + left))),
    ),
  );
}

/** [input][output]: the tap along one axis by which the output pixel sees the input pixel, or -1. */
function tapsAlong(
  { in: input, out, strides, before, size }: Window,
  axis: 0 | 1,
): readonly (readonly number[])[] {
  return axesOf(input[axis]).map((from) =>
    axesOf(out[axis]).map((to) => {
      const tap = from + before[axis] - to * strides[axis];
      return tap >= 0 && tap < size[axis] ? tap : -1;
    }),
  );
}
