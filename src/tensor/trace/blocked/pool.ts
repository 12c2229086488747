import { nchwc } from "../convert.ts";
import type { GraphBuilder } from "../graph-builder.ts";
import { sizeOf, storedShape } from "../layout.ts";
import type { Traced } from "../traced.ts";
import { inShapeOf, outShapeOf, type Window } from "../window.ts";
import { requireLayout } from "./linear.ts";

/** Largest or mean pixels of windows of a blocked image. */
export function blockedPool(
  builder: GraphBuilder,
  op: "MaxPool" | "AveragePool",
  x: Traced,
  { size, strides, before, after, ...window }: Window,
): Traced {
  const layout = requireLayout(builder);
  const name = builder.emit(`${nchwc}${op}`, [builder.read(x, layout)], {
    kernel_shape: { ints: size },
    strides: { ints: strides },
    pads: { ints: [...before, ...after] },
  });
  const shape = outShapeOf({ size, strides, before, after, ...window });
  return builder.value(name, shape, "float32", layout, x.filling);
}

/**
 * The gradient of maxima over windows that tile the image, all taps of the windows side by side: what is left of dy
 * goes to each tap that holds the maximum in turn, so that the first of equals takes it and nothing remains.
 */
export function blockedMaxPoolGradient(
  builder: GraphBuilder,
  x: Traced,
  dy: Traced,
  window: Window,
): Traced {
  const layout = requireLayout(builder);
  const maxima = builder.read(blockedPool(builder, "MaxPool", x, window), layout);
  const pixels = tapsOf(builder, builder.read(x, layout), window);
  const flat = [sizeOf(storedShape(outShapeOf(window), layout))];
  const [largest, shares] = [maxima, builder.read(builder.cleared(dy), layout)].map((name) =>
    builder.reshapeValue(name, flat),
  ) as [string, string];
  let rest = shares;
  const taken = pixels.map((tap, at) => {
    if (at === pixels.length - 1) return rest;
    const below = builder.emit("Sub", [builder.reshapeValue(tap, flat), largest]);
    // 1 where the difference is 0, else 0: subnormal differences aside.
    const attributes = { alpha: { float: 3e38 }, beta: { float: 1 } };
    const hit = builder.emit("HardSigmoid", [below], attributes);
    const own = builder.emit("Mul", [hit, rest]);
    rest = builder.emit("Sub", [rest, own]);
    return own;
  });
  return interleaved(builder, taken, window);
}

/** The image whose windows have these values at their taps. */
function interleaved(builder: GraphBuilder, taps: readonly string[], window: Window): Traced {
  const { size } = window;
  const layout = requireLayout(builder);
  const [lines, columns, block] = tileOf(builder, window);
  const joined = (parts: readonly string[], shape: readonly number[]): string => {
    const flattened = parts.map((part) => builder.reshapeValue(part, shape));
    return builder.emit("Concat", flattened, { axis: { int: 1 } });
  };
  const rows = Array.from({ length: size[0] }, (_, row) =>
    joined(taps.slice(row * size[1], (row + 1) * size[1]), [lines * columns, block]),
  );
  const shape = inShapeOf(window);
  const whole = joined(rows, [lines, columns * size[1] * block]);
  return builder.value(
    builder.reshapeValue(whole, storedShape(shape, layout)),
    shape,
    "float32",
    layout,
  );
}

/** The pixels of a blocked image by the tap of the window that tiles it, as one image each; joined only when read. */
export function blockedSpaceToBatch(builder: GraphBuilder, x: Traced, window: Window): Traced {
  const layout = requireLayout(builder);
  const shape = outShapeOf(window);
  const stored = storedShape(shape, layout);
  const parts = tapsOf(builder, builder.read(x, layout), window).map((tap) =>
    builder.value(builder.reshapeValue(tap, stored), shape, "float32", layout, x.filling),
  );
  return joinedBatches(builder, parts);
}

/** Blocked images of one shape, one batch after the other. */
export function joinedBatches(builder: GraphBuilder, parts: readonly Traced[]): Traced {
  const [{ shape, filling } = { shape: [], filling: 0 }] = parts;
  const layout = requireLayout(builder);
  const [batch = 1, ...image] = shape;
  const emit = (): string => {
    const names = parts.map((part) => builder.read(part, layout));
    return builder.emit("Concat", names, { axis: { int: 0 } });
  };
  const same = parts.every((part) => part.filling === filling);
  return builder.pending(
    [batch * parts.length, ...image],
    { layout, emit, parts },
    same ? filling : Number.NaN,
  );
}

/** The inverse of `blockedSpaceToBatch`, of the images before they are joined. */
export function blockedBatchToSpace(
  builder: GraphBuilder,
  parts: readonly Traced[],
  window: Window,
): Traced {
  const layout = requireLayout(builder);
  const names = parts.map((part) => builder.read(builder.cleared(part), layout));
  return interleaved(builder, names, window);
}

/** Rows of windows in all, windows per row, and the block. */
function tileOf(
  builder: GraphBuilder,
  window: Window,
): readonly [lines: number, columns: number, block: number] {
  const block = builder.target.block ?? 1;
  const stored = storedShape(outShapeOf(window), requireLayout(builder));
  const columns = window.out[1];
  return [sizeOf(stored) / columns / block, columns, block];
}

/** The pixels of an image by the tap of the window that meets them, row by row. */
function tapsOf(builder: GraphBuilder, image: string, window: Window): readonly string[] {
  const { size } = window;
  const [lines, columns, block] = tileOf(builder, window);
  const rows = parted(builder, image, [lines, size[0], columns * size[1] * block]);
  return rows.flatMap((row) => parted(builder, row, [lines * columns, size[1], block]));
}

/** The entries along the middle axis. */
function parted(builder: GraphBuilder, name: string, shape: readonly number[]): readonly string[] {
  const [, parts = 1] = shape;
  const ones = builder.ints(new Array<number>(parts).fill(1));
  const attributes = { axis: { int: 1 } };
  return builder.emitAll("Split", [builder.reshapeValue(name, shape), ones], attributes, parts);
}
