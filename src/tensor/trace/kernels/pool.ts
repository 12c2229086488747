import { elementTypes } from "../../../onnx/schema.ts";
import { tf } from "../../tfjs.ts";
import { isBlockedImage } from "../blocked/linear.ts";
import { blockedMaxPoolGradient, blockedPool } from "../blocked/pool.ts";
import { filled } from "../elementwise.ts";
import type { GraphBuilder } from "../graph-builder.ts";
import { axesOf, nchw, sizeOf } from "../layout.ts";
import { inputOf, type KernelRule, type KernelRules } from "../rule.ts";
import type { Traced } from "../traced.ts";
import { endPadding, inShapeOf, outShapeOf, poolWindow, restOf, type Window } from "../window.ts";

const maxPool: KernelRule = (call) => {
  const { builder } = call;
  const x = inputOf(call, "x");
  const window = poolWindow(call, x.shape);
  if (isBlockedImage(builder, x))
    return blockedPool(builder, "MaxPool", builder.cleared(x), window);
  const [name = ""] = builder.target.poolIndices
    ? maxima(builder, x, window)
    : [builder.emit("MaxPool", [builder.read(x, nchw)], poolAttributes(window))];
  return builder.value(name, outShapeOf(window), "float32", nchw);
};

/** Names of the maxima and of the places they stood at; the places are dropped when no gradient asks for them. */
const maxima = (builder: GraphBuilder, x: Traced, window: Window): readonly string[] =>
  builder.emitAll("MaxPool", [builder.read(x, nchw)], poolAttributes(window), 2);

const poolAttributes = ({ size, strides, before, after }: Window) => ({
  kernel_shape: { ints: size },
  strides: { ints: strides },
  pads: { ints: [...before, ...after] },
});

/** True where the windows tile the image exactly. */
const isTiling = ({ size, strides, in: input, out }: Window): boolean =>
  ([0, 1] as const).every(
    (axis) => size[axis] === strides[axis] && out[axis] * size[axis] === input[axis],
  );

/** Each gradient goes to the first maximum of its window; windows that overlap add up. */
const maxPoolGradient: KernelRule = (call) => {
  const { builder } = call;
  const x = inputOf(call, "input");
  const dy = inputOf(call, "dy");
  const window = poolWindow(call, x.shape);
  if (isBlockedImage(builder, x) && isTiling(window))
    return blockedMaxPoolGradient(builder, builder.cleared(x), dy, window);
  const scattered = !builder.target.poolIndices
    ? spreadToMaxima(builder, x, dy, window)
    : isTiling(window)
      ? unpool(builder, x, dy, window)
      : scatterToMaxima(builder, x, dy, window);
  return builder.value(scattered, inShapeOf(window), "float32", nchw);
};

/** Tiles share no pixel, so that nothing need be added. */
function unpool(builder: GraphBuilder, x: Traced, dy: Traced, window: Window): string {
  const [, places = ""] = maxima(builder, x, window);
  const { size, strides } = window;
  const attributes = { kernel_shape: { ints: size }, strides: { ints: strides } };
  return builder.emit("MaxUnpool", [builder.read(dy, nchw), places], attributes);
}

function scatterToMaxima(builder: GraphBuilder, x: Traced, dy: Traced, window: Window): string {
  const [, places = ""] = maxima(builder, x, window);
  const { batch, inChannels, in: input } = window;
  const windows = sizeOf(outShapeOf(window));
  const blank = builder.read(filled(0, [sizeOf(inShapeOf(window))], "float32"));
  const indices = builder.reshapeValue(places, [windows]);
  const updates = builder.reshapeValue(builder.read(dy, nchw), [windows]);
  const attributes = { axis: { int: 0 }, reduction: { string: "add" } };
  const scattered = builder.emit("ScatterElements", [blank, indices, updates], attributes);
  return builder.reshapeValue(scattered, [batch, inChannels, ...input]);
}

/** Below every pixel, yet finite: times zero it must give zero. */
const lowest = -3e38;

/**
 * For providers whose MaxPool tells no places: the pixels of every window side by side (a convolution with
 * one filter per tap), the first largest marked, and dy times the marks put back by the transposed convolution.
 */
function spreadToMaxima(builder: GraphBuilder, x: Traced, dy: Traced, window: Window): string {
  const { batch, inChannels, size, strides, before, in: input, out } = window;
  const taps = sizeOf(size);
  const identity = Array.from({ length: taps * taps }, (_, i) => Number(i % (taps + 1) === 0));
  const pick = builder.tensor(identity, [taps, 1, ...size], "float32");
  const after = endPadding(window).map((length) => Math.max(0, length));
  const images = builder.reshapeValue(builder.read(x, nchw), [batch * inChannels, 1, ...input]);
  const pads = builder.ints([0, 0, ...before, 0, 0, ...after]);
  const padded = builder.emit("Pad", [images, pads, builder.scalar(lowest)]);
  const pixels = builder.emit("Conv", [padded, pick], { strides: { ints: strides } });
  const first = builder.emit("ArgMax", [pixels], { axis: { int: 1 } });
  const tap = builder.emit("Cast", [first], { to: { int: elementTypes.int32 } });
  const places = builder.tensor(axesOf(taps), [1, taps, 1, 1], "int32");
  const marks = builder.emit("Cast", [builder.emit("Equal", [tap, places])], {
    to: { int: elementTypes.float32 },
  });
  const shares = builder.reshapeValue(builder.read(dy, nchw), [batch * inChannels, 1, ...out]);
  const spread = builder.emit("ConvTranspose", [builder.emit("Mul", [marks, shares]), pick], {
    strides: { ints: strides },
    pads: { ints: [...before, ...after] },
    output_padding: { ints: restOf({ ...window, after: [after[0] ?? 0, after[1] ?? 0] }) },
  });
  return builder.reshapeValue(spread, [batch, inChannels, ...input]);
}

const averagePool: KernelRule = (call) => {
  const { builder } = call;
  const x = inputOf(call, "x");
  const window = poolWindow(call, x.shape);
  if (isBlockedImage(builder, x))
    return blockedPool(builder, "AveragePool", builder.cleared(x), window);
  const name = builder.emit("AveragePool", [builder.read(x, nchw)], poolAttributes(window));
  return builder.value(name, outShapeOf(window), "float32", nchw);
};

/** Each gradient is spread evenly over its window, every channel by itself. */
const averagePoolGradient: KernelRule = (call) => {
  const { builder } = call;
  const x = inputOf(call, "input");
  const dy = inputOf(call, "dy");
  const window = poolWindow(call, x.shape);
  const { batch, inChannels, size, strides, before, after, in: input, out } = window;
  const share = 1 / (size[0] * size[1]);
  const images = builder.reshapeValue(builder.read(dy, nchw), [batch * inChannels, 1, ...out]);
  const weights = builder.tensor(
    new Array(size[0] * size[1]).fill(share),
    [1, 1, ...size],
    "float32",
  );
  const spread = builder.emit("ConvTranspose", [images, weights], {
    strides: { ints: strides },
    pads: { ints: [...before, ...after] },
    output_padding: { ints: restOf(window) },
  });
  const name = builder.reshapeValue(spread, [batch, inChannels, ...input]);
  return builder.value(name, inShapeOf(window), "float32", nchw);
};

/** Rules of pooling kernels. */
export const poolRules: KernelRules = {
  [tf.MaxPool]: maxPool,
  [tf.MaxPoolGrad]: maxPoolGradient,
  [tf.AvgPool]: averagePool,
  [tf.AvgPoolGrad]: averagePoolGradient,
};
