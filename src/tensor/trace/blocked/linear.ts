import { nchwc } from "../convert.ts";
import { elementwise, filled, stripBroadcast, uniformValue } from "../elementwise.ts";
import type { GraphBuilder } from "../graph-builder.ts";
import {
  blockedImage,
  blockedVector,
  channelFilter,
  isFilledUp,
  type Layout,
  sameShape,
  sizeAt,
  storedShape,
} from "../layout.ts";
import type { Linear, LinearParts, Traced } from "../traced.ts";

/** The layout of blocked images on the builder's target, undefined where the runtime has none. */
export const imageLayout = ({ target }: GraphBuilder): Layout | undefined =>
  target.block ? blockedImage(target.block) : undefined;

/** True for float images that are blocked already or will be. */
export function isBlockedImage(builder: GraphBuilder, x: Traced): boolean {
  const layout = imageLayout(builder);
  return (
    layout !== undefined &&
    x.type === "float32" &&
    x.shape.length === 4 &&
    builder.layouts(x).includes(layout)
  );
}

/** A pending convolution as a traced tensor. */
export function linear(builder: GraphBuilder, shape: readonly number[], parts: Linear): Traced {
  const layout = requireLayout(builder);
  const filling = isFilledUp(shape, layout)
    ? (parts.shift?.filling ?? 0) + (parts.sum?.filling ?? 0)
    : 0;
  return builder.pending(shape, { layout, emit: () => parts.emit(parts), linear: parts }, filling);
}

export function requireLayout(builder: GraphBuilder): Layout {
  const layout = imageLayout(builder);
  if (layout === undefined) throw new Error("This target has no blocked layout");
  return layout;
}

/** The pending convolution behind a tensor that nobody has read yet. */
const pendingLinear = (x: Traced): Linear | undefined =>
  x.names.size === 0 ? x.pending?.linear : undefined;

/** An image times factors [channels]. */
export interface ScaledImage {
  readonly image: Traced;
  readonly factors: Traced;
}

/** What a tensor consists of that is nothing but a scaled image and that nobody has read yet. */
export function scaledImage(x: Traced): ScaledImage | undefined {
  const { filter, image, shift, sum } = pendingLinear(x) ?? {};
  return filter && image && !shift && !sum ? { image, factors: filter } : undefined;
}

/**
 * image op vector per channel, as part of the convolution that makes the image or as a depthwise one of its own;
 * undefined where the operands are no such pair.
 */
export function perChannel(
  builder: GraphBuilder,
  op: "Add" | "Sub" | "Mul",
  a: Traced,
  b: Traced,
): Traced | undefined {
  if (op === "Mul") {
    const product = timesPerImage(builder, a, b) ?? timesPerImage(builder, b, a);
    if (product) return product;
  }
  if (isBlockedImage(builder, a)) return withVector(builder, op, a, b);
  if (op !== "Sub" && isBlockedImage(builder, b)) return withVector(builder, op, b, a);
  return undefined;
}

/** An image times factors per image and channel: as images of one pixel these are filters of a depthwise convolution. */
function timesPerImage(builder: GraphBuilder, image: Traced, other: Traced): Traced | undefined {
  const factors = stripBroadcast(other);
  const [batch = 1, height = 1, width = 1, channels = 1] = image.shape;
  if (height * width === 1 || batch === 1 || !isBlockedImage(builder, image)) return undefined;
  if (factors.type !== "float32" || !sameShape(factors.shape, [batch, 1, 1, channels]))
    return undefined;
  const layout = requireLayout(builder);
  const stored = storedShape(image.shape, layout);
  const planes = sizeAt(stored, 0) * sizeAt(stored, 1);
  const inputs = [
    builder.reshapeValue(builder.read(image, layout), [1, planes, 1, height * width]),
    builder.reshapeValue(builder.read(builder.cleared(factors), layout), [planes, 1, 1, 1]),
  ];
  const attributes = { group: { int: planes }, kernel_shape: { ints: [1, 1] } };
  const product = builder.shaped(builder.emit(`${nchwc}Conv`, inputs, attributes), [
    1,
    planes,
    1,
    height * width,
  ]);
  return builder.value(builder.reshapeValue(product, stored), image.shape, "float32", layout);
}

function withVector(
  builder: GraphBuilder,
  op: "Add" | "Sub" | "Mul",
  image: Traced,
  other: Traced,
): Traced | undefined {
  const vector = vectorOf(builder, image, other);
  if (!vector) return undefined;
  const isPending = image.names.size === 0;
  return builder.once(`${op} ${isPending ? "pending" : "made"}`, [image, vector], () =>
    joinedVector(builder, op, image, vector),
  );
}

function joinedVector(
  builder: GraphBuilder,
  op: "Add" | "Sub" | "Mul",
  image: Traced,
  vector: Traced,
): Traced {
  const pending = pendingLinear(image);
  // A sum would have to be scaled too.
  const known = pending && !(op === "Mul" && pending.sum) ? pending : identity(builder, image);
  if (op === "Mul") return linear(builder, image.shape, scaled(builder, known, vector));
  const signed = op === "Add" ? vector : elementwise(builder, { op: "Neg", operands: [vector] });
  const shift = known.shift
    ? elementwise(builder, { op: "Add", operands: [known.shift, signed] })
    : signed;
  return linear(builder, image.shape, { ...known, shift });
}

/** [channels] of a tensor that varies along the image's channels alone, or of a known number. */
function vectorOf(builder: GraphBuilder, image: Traced, other: Traced): Traced | undefined {
  const vector = stripBroadcast(other);
  const channels = sizeAt(image.shape, 3);
  const { shape, type } = vector;
  if (type !== "float32" || shape.length > 4 || channels === 1) return undefined;
  const value = uniformValue(vector);
  if (value !== undefined) return filled(value, [channels], "float32");
  if (shape[shape.length - 1] !== channels) return undefined;
  if (shape.slice(0, -1).some((length) => length !== 1)) return undefined;
  return builder.reshape(vector, [channels]);
}

/** filter * v per output channel, and the shift likewise. */
function scaled(builder: GraphBuilder, known: Linear, vector: Traced): Linear {
  const product = timesPerChannel(builder, known.filter, vector);
  if (!known.shift) return { ...known, filter: product };
  const shift = elementwise(builder, { op: "Mul", operands: [known.shift, vector] });
  return { ...known, filter: product, shift };
}

/** A filter times factors [channels] of what it makes. */
export function timesPerChannel(builder: GraphBuilder, filter: Traced, vector: Traced): Traced {
  if (uniformValue(filter) === 1) return vector;
  // Depthwise filters have their channels on the third axis, others on the last.
  if (sizeAt(filter.shape, filter.shape.length - 1) === sizeAt(vector.shape, 0))
    return elementwise(builder, { op: "Mul", operands: [filter, vector] });
  return depthwiseTimes(builder, filter, vector);
}

function depthwiseTimes(builder: GraphBuilder, filter: Traced, vector: Traced): Traced {
  const { block = 1 } = builder.target;
  const layout = channelFilter(block);
  const stored = storedShape(filter.shape, layout);
  const [channels = 1] = stored;
  const rows = builder.reshapeValue(builder.read(filter, layout), [channels / block, -1, block]);
  const name = builder.read(vector, vectorLayout(builder, sizeAt(vector.shape, 0)));
  const factors = builder.reshapeValue(name, [channels / block, 1, block]);
  const product = builder.reshapeValue(builder.emit("Mul", [rows, factors]), stored);
  return builder.value(product, filter.shape, "float32", layout, filter.filling);
}

/** image * 1, to which a factor and a shift per channel can be joined: every pixel a depthwise 1x1 convolution. */
function identity(builder: GraphBuilder, image: Traced): Linear {
  const channels = sizeAt(image.shape, 3);
  const layout = requireLayout(builder);
  const [batch = 1, stored = 1, height = 1, width = 1] = storedShape(image.shape, layout);
  const row = [batch, stored, 1, height * width];
  return {
    filter: filled(1, [channels], "float32"),
    image,
    emit: (parts) => {
      const x = builder.reshapeValue(builder.read(image, layout), row);
      const factors = builder.read(builder.cleared(parts.filter), vectorLayout(builder, channels));
      const weights = builder.reshapeValue(factors, [stored, 1, 1, 1]);
      const inputs = [x, weights, ...optionalInputs(builder, parts, row)];
      const attributes = {
        group: { int: stored },
        kernel_shape: { ints: [1, 1] },
      };
      const name = builder.shaped(builder.emit(`${nchwc}Conv`, inputs, attributes), row);
      return builder.reshapeValue(name, [batch, stored, height, width]);
    },
  };
}

export const vectorLayout = ({ target }: GraphBuilder, channels: number): Layout =>
  blockedVector(channels, target.block ?? 1);

/** The inputs of a blocked convolution after image and filter. */
export function optionalInputs(
  builder: GraphBuilder,
  { shift, sum }: LinearParts,
  declared?: readonly number[],
): readonly string[] {
  const bias = shift ? builder.read(shift, vectorLayout(builder, sizeAt(shift.shape, 0))) : "";
  if (!sum) return shift ? [bias] : [];
  const added = builder.read(sum, requireLayout(builder));
  return [bias, declared ? builder.reshapeValue(added, declared) : added];
}

/** The sum of two images of which one is still pending: it takes the other one in. */
export function joinedSum(builder: GraphBuilder, a: Traced, b: Traced): Traced | undefined {
  if (!sameShape(a.shape, b.shape)) return undefined;
  if (!isBlockedImage(builder, a) || !isBlockedImage(builder, b)) return undefined;
  for (const [open, other] of [
    [b, a],
    [a, b],
  ] as const) {
    const known = pendingLinear(open);
    if (known && !known.sum && open !== other)
      return linear(builder, a.shape, { ...known, sum: other });
  }
  return undefined;
}
