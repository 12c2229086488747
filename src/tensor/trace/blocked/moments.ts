import { nchwc } from "../convert.ts";
import { elementwise, filled, stripBroadcast } from "../elementwise.ts";
import type { GraphBuilder } from "../graph-builder.ts";
import { countAlong, sameShape, sizeAt, storedShape } from "../layout.ts";
import type { Traced } from "../traced.ts";
import { isBlockedImage, requireLayout, vectorLayout } from "./linear.ts";

/**
 * The product of two blocked images, not computed before somebody reads it: its sums need not be. A mask is
 * applied at once, because more than one reader follows.
 */
export function pendingProduct(builder: GraphBuilder, a: Traced, b: Traced): Traced | undefined {
  const factors = [stripBroadcast(a), stripBroadcast(b)] as const;
  const [one, other] = factors;
  if (one.isMask || other.isMask || !sameShape(one.shape, other.shape)) return undefined;
  if (!factors.every((factor) => isBlockedImage(builder, factor))) return undefined;
  const layout = requireLayout(builder);
  const emit = (): string =>
    builder.read(elementwise(builder, { op: "Mul", operands: factors }), layout);
  const [left = 0, right = 0] = factors.map(({ filling }) => filling);
  const filling = left === 0 || right === 0 ? 0 : left * right;
  return builder.pending(one.shape, { layout, emit, product: factors }, filling);
}

/**
 * Sum or mean of a blocked image over its pixels, or over images and pixels: by the runtime's global pooling, and
 * for a product by a depthwise convolution whose filters are the other factor. Undefined for other axes.
 */
export function blockedReduction(
  builder: GraphBuilder,
  op: "ReduceSum" | "ReduceMean",
  x: Traced,
  { axes, keepDims }: { readonly axes: readonly number[]; readonly keepDims: boolean },
): Traced | undefined {
  if (!isBlockedImage(builder, x)) return undefined;
  const along = [...axes].sort().join();
  if (along !== "1,2" && along !== "0,1,2") return undefined;
  const ofAll = along === "0,1,2";
  const product = ofAll && x.names.size === 0 ? x.pending?.product : undefined;
  const reduced = product ? sumOfProduct(builder, x, product) : pooled(builder, x, { ofAll });
  const count = countAlong(x.shape, axes);
  // A product is summed, everything else averaged.
  const value = times(builder, reduced, (op === "ReduceSum" ? count : 1) / (product ? count : 1));
  const kept = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  return keepDims ? builder.reshape(value, kept) : value;
}

const times = (builder: GraphBuilder, x: Traced, factor: number): Traced =>
  factor === 1
    ? x
    : elementwise(builder, { op: "Mul", operands: [x, filled(factor, [], "float32")] });

/** Means over pixels [batch, channels], or over all [channels]. */
function pooled(builder: GraphBuilder, x: Traced, { ofAll }: { readonly ofAll: boolean }): Traced {
  const means = builder.emit(`${nchwc}GlobalAveragePool`, [
    builder.read(x, requireLayout(builder)),
  ]);
  const [batch = 1, , , channels = 1] = x.shape;
  const stored = storedShape([channels], vectorLayout(builder, channels))[0] ?? channels;
  const rows = builder.reshapeValue(means, [batch, stored]);
  if (ofAll) {
    const attributes = { axes: { ints: [0] }, keepdims: { int: 0 } };
    return vector(builder, builder.emit("ReduceMean", [rows], attributes), channels, x.filling);
  }
  const bounds = [[0], [channels], [1]].map((values) => builder.ints(values));
  const name = stored === channels ? rows : builder.emit("Slice", [rows, ...bounds]);
  return builder.value(name, [batch, channels], "float32");
}

/** Sums over images and pixels [channels]. */
function sumOfProduct(
  builder: GraphBuilder,
  x: Traced,
  factors: readonly [Traced, Traced],
): Traced {
  const layout = requireLayout(builder);
  const [batch = 1, channels = 1, height = 1, width = 1] = storedShape(x.shape, layout);
  const planes = batch * channels;
  const [image = "", filter = ""] = factors.map((factor) => builder.read(factor, layout));
  const inputs = [
    builder.reshapeValue(image, [1, planes, 1, height * width]),
    builder.reshapeValue(filter, [planes, 1, 1, height * width]),
  ];
  const attributes = { group: { int: planes }, kernel_shape: { ints: [1, height * width] } };
  const perImage = builder.emit(`${nchwc}Conv`, inputs, attributes);
  const rows = builder.reshapeValue(perImage, [batch, channels]);
  const name = builder.emit("ReduceSum", [rows, builder.ints([0])], { keepdims: { int: 0 } });
  return vector(builder, name, sizeAt(x.shape, 3), x.filling);
}

const vector = (builder: GraphBuilder, name: string, channels: number, filling = 0): Traced =>
  builder.value(
    name,
    [channels],
    "float32",
    vectorLayout(builder, channels),
    filling === 0 ? 0 : Number.NaN,
  );
