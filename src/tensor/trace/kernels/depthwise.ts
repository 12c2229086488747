import { tf } from "../../tfjs.ts";
import { blockedDepthwise } from "../blocked/convolution.ts";
import { blockedDepthwiseGradient } from "../blocked/filter-gradient.ts";
import { blockedInputGradient, hasPhases } from "../blocked/input-gradient.ts";
import { scaledImage, timesPerChannel } from "../blocked/linear.ts";
import type { GraphBuilder } from "../graph-builder.ts";
import { axesOf, cnhw, nchw } from "../layout.ts";
import { attrOf, inputOf, type KernelRule, type KernelRules } from "../rule.ts";
import type { Traced } from "../traced.ts";
import {
  convolutionWindow,
  endPadding,
  inShapeOf,
  outShapeOf,
  restOf,
  turnedFilter,
  turnedPadding,
  type Window,
} from "../window.ts";
import { tapsFromToeplitz, toeplitzOfFilter } from "./toeplitz.ts";

const pixels = ([height, width]: readonly [number, number]): number => height * width;

const isSmall = ({ target }: GraphBuilder, { in: input, out }: Window): boolean =>
  pixels(input) * pixels(out) <= target.borders.toeplitzEntries;

/** Channels that are convolved one by one, into one each. */
const isSimple = ({ inChannels, outChannels, dilations }: Window): boolean =>
  inChannels === outChannels && dilations.every((dilation) => dilation === 1);

/** True where the target has depthwise kernels for blocks and the channels fill more than one place of them. */
const isBlockable = ({ target }: GraphBuilder, window: Window): boolean =>
  target.block !== undefined && window.inChannels > 1 && isSimple(window);

const depthwise: KernelRule = (call) => {
  const { builder } = call;
  const x = inputOf(call, "x");
  const filter = inputOf(call, "filter");
  const window = convolutionWindow(call, x.shape, filter.shape, { depthwise: true });
  if (isBlockable(builder, window)) return blockedDepthwise(builder, x, filter, window);
  if (!isSimple(window)) return groupedConvolution(builder, x, filter, window);
  const { inChannels, batch, in: input, out } = window;
  if (!isSmall(builder, window)) return channelImages(builder, x, filter, window);
  const rows = builder.reshapeValue(builder.read(x, cnhw), [inChannels, batch, pixels(input)]);
  const product = builder.emit("MatMul", [rows, toeplitzOfFilter(builder, filter, window)]);
  const name = builder.reshapeValue(product, [inChannels, batch, ...out]);
  return builder.value(name, outShapeOf(window), "float32", cnhw);
};

function groupedConvolution(
  builder: GraphBuilder,
  x: Traced,
  filter: Traced,
  window: Window,
): Traced {
  const weights = builder.read(perChannel(builder, filter), "2301");
  const name = builder.emit("Conv", [builder.read(x, nchw), weights], {
    group: { int: window.inChannels },
    strides: { ints: window.strides },
    dilations: { ints: window.dilations },
    pads: { ints: [...window.before, ...window.after] },
  });
  return builder.value(name, outShapeOf(window), "float32", nchw);
}

/** Filters [kh, kw, channels, multiplier] as [kh, kw, channels * multiplier, 1]: ONNX counts output channels. */
function perChannel(builder: GraphBuilder, filter: Traced): Traced {
  const [height = 1, width = 1, channels = 1, multiplier = 1] = filter.shape;
  return builder.reshape(filter, [height, width, channels * multiplier, 1]);
}

/** Every channel of every image as a channel of one image, so that values stored by channel need not move. */
function channelImages(builder: GraphBuilder, x: Traced, filter: Traced, window: Window): Traced {
  const { inChannels, batch, in: input, out, strides, before, after } = window;
  const images = builder.reshapeValue(builder.read(x, cnhw), [1, inChannels * batch, ...input]);
  const convolved = builder.emit("Conv", [images, repeatedFilter(builder, filter, window)], {
    group: { int: inChannels * batch },
    strides: { ints: strides },
    pads: { ints: [...before, ...after] },
  });
  const name = builder.reshapeValue(convolved, [inChannels, batch, ...out]);
  return builder.value(name, outShapeOf(window), "float32", cnhw);
}

/** [channels * batch, 1, kh, kw] */
function repeatedFilter(
  builder: GraphBuilder,
  filter: Traced,
  { inChannels, batch, size }: Window,
): string {
  const single = builder.reshapeValue(builder.read(filter, "2301"), [inChannels, 1, ...size]);
  const repeated = builder.emit("Expand", [single, builder.ints([inChannels, batch, ...size])]);
  return builder.reshapeValue(repeated, [inChannels * batch, 1, ...size]);
}

const inputGradient: KernelRule = (call) => {
  const { builder } = call;
  const dy = inputOf(call, "dy");
  const filter = inputOf(call, "filter");
  const shape = attrOf<number[]>(call, "inputShape");
  const window = convolutionWindow(call, shape, filter.shape, { depthwise: true });
  const { inChannels, batch, in: input, out } = window;
  if (isBlockable(builder, window) && hasPhases(window))
    return blockedInputGradient(builder, dy, filter, { window, depthwise: true });
  if (!isSimple(window)) return groupedTranspose(builder, dy, filter, window);
  if (!isSmall(builder, window)) return channelImagesGradient(builder, dy, filter, window);
  const rows = builder.reshapeValue(builder.read(dy, cnhw), [inChannels, batch, pixels(out)]);
  const matrix = toeplitzOfFilter(builder, filter, window);
  const turned = builder.emit("Transpose", [matrix], { perm: { ints: [0, 2, 1] } });
  const product = builder.emit("MatMul", [rows, turned]);
  const name = builder.reshapeValue(product, [inChannels, batch, ...input]);
  return builder.value(name, inShapeOf(window), "float32", cnhw);
};

const transposeAttributes = (window: Window, groups: number) => ({
  group: { int: groups },
  strides: { ints: window.strides },
  dilations: { ints: window.dilations },
  pads: { ints: [...window.before, ...window.after] },
  output_padding: { ints: restOf(window) },
});

function groupedTranspose(
  builder: GraphBuilder,
  dy: Traced,
  filter: Traced,
  window: Window,
): Traced {
  const inputs = [builder.read(dy, nchw), builder.read(perChannel(builder, filter), "2301")];
  const attributes = transposeAttributes(window, window.inChannels);
  const name = builder.emit("ConvTranspose", inputs, attributes);
  return builder.value(name, inShapeOf(window), "float32", nchw);
}

function channelImagesGradient(
  builder: GraphBuilder,
  dy: Traced,
  filter: Traced,
  window: Window,
): Traced {
  const { inChannels, batch, in: input, out, strides } = window;
  const images = builder.reshapeValue(builder.read(dy, cnhw), [1, inChannels * batch, ...out]);
  const weights = repeatedFilter(builder, filter, window);
  const groups = inChannels * batch;
  const spread = strides.every((stride) => stride === 1)
    ? builder.emit("Conv", [images, turnedFilter(builder, weights)], {
        group: { int: groups },
        pads: { ints: turnedPadding(window) },
      })
    : builder.emit("ConvTranspose", [images, weights], transposeAttributes(window, groups));
  const name = builder.reshapeValue(spread, [inChannels, batch, ...input]);
  return builder.value(name, inShapeOf(window), "float32", cnhw);
}

const filterGradient: KernelRule = (call) => {
  const { builder } = call;
  const x = inputOf(call, "x");
  const dy = inputOf(call, "dy");
  const shape = attrOf<number[]>(call, "filterShape");
  const window = convolutionWindow(call, x.shape, shape, { depthwise: true });
  const { inChannels, size, in: input } = window;
  if (isBlockable(builder, window)) {
    const { image, factors } = scaledImage(dy) ?? { image: dy };
    const gradient = blockedDepthwiseGradient(builder, x, image, window);
    return factors ? timesPerChannel(builder, gradient, factors) : gradient;
  }
  if (
    !isSimple(window) ||
    (!isSmall(builder, window) && input[1] > builder.target.borders.rowWidth)
  )
    return batchAsChannels(builder, x, dy, { window, shape });
  const taps = isSmall(builder, window)
    ? wholeImages(builder, x, dy, window)
    : wholeRows(builder, x, dy, window);
  const name = builder.reshapeValue(taps, [inChannels, 1, ...size]);
  return builder.value(name, shape, "float32", "2301");
};

/** x^T dy per channel has the gradient of a tap wherever the tap stands in the Toeplitz matrix. */
function wholeImages(builder: GraphBuilder, x: Traced, dy: Traced, window: Window): string {
  const { inChannels, batch, in: input, out } = window;
  const rows = builder.reshapeValue(builder.read(x, cnhw), [inChannels, batch, pixels(input)]);
  const columns = builder.reshapeValue(builder.read(dy, cnhw), [inChannels, batch, pixels(out)]);
  const turned = builder.emit("Transpose", [rows], { perm: { ints: [0, 2, 1] } });
  const products = builder.emit("MatMul", [turned, columns]);
  const flat = builder.reshapeValue(products, [inChannels, pixels(input) * pixels(out)]);
  return tapsFromToeplitz(builder, flat, window, "image");
}

/** The same row by row: one product of rows of x with rows of dy per row of the filter. */
function wholeRows(builder: GraphBuilder, x: Traced, dy: Traced, window: Window): string {
  const { inChannels, batch, in: input, out, strides, before, size } = window;
  const [after] = endPadding(window);
  const stored = builder.read(x, cnhw);
  const pads = builder.ints([0, 0, before[0], 0, 0, 0, Math.max(0, after), 0]);
  const padded = builder.emit("Pad", [stored, pads, builder.scalar(0)]);
  const rowCount = batch * out[0];
  const columns = builder.reshapeValue(builder.read(dy, cnhw), [inChannels, rowCount, out[1]]);
  const products = axesOf(size[0]).map((row) => {
    const end = row + (out[0] - 1) * strides[0] + 1;
    const bounds = [[row], [end], [2], [strides[0]]].map((values) => builder.ints(values));
    const met = builder.emit("Slice", [padded, ...bounds]);
    const rows = builder.reshapeValue(met, [inChannels, rowCount, input[1]]);
    const turned = builder.emit("Transpose", [rows], { perm: { ints: [0, 2, 1] } });
    const product = builder.emit("MatMul", [turned, columns]);
    return builder.reshapeValue(product, [inChannels, 1, input[1] * out[1]]);
  });
  const all = builder.emit("Concat", products, { axis: { int: 1 } });
  return tapsFromToeplitz(builder, all, window, "row");
}

/** The gradient as a convolution of x with dy, one group per channel, the batch being summed over as channels. */
function batchAsChannels(
  builder: GraphBuilder,
  x: Traced,
  dy: Traced,
  { window, shape }: { readonly window: Window; readonly shape: readonly number[] },
): Traced {
  const { strides, dilations, before, size, in: input, inChannels, outChannels, batch } = window;
  const after = endPadding(window);
  const images = builder.reshapeValue(builder.read(x, cnhw), [1, inChannels * batch, ...input]);
  const whole = builder.emit("Conv", [images, builder.read(dy, cnhw)], {
    group: { int: inChannels },
    strides: { ints: dilations },
    dilations: { ints: strides },
    pads: { ints: [...before, ...after.map((length) => Math.max(0, length))] },
  });
  const bounds = [[0, 0], size, [2, 3]].map((values) => builder.ints(values));
  const fits = after.every((length) => length >= 0);
  const name = fits ? whole : builder.emit("Slice", [whole, ...bounds]);
  return builder.reshape(builder.value(name, [1, ...size, outChannels], "float32", nchw), shape);
}

/** Rules of depthwise convolutions. */
export const depthwiseRules: KernelRules = {
  [tf.DepthwiseConv2dNative]: depthwise,
  [tf.DepthwiseConv2dNativeBackpropInput]: inputGradient,
  [tf.DepthwiseConv2dNativeBackpropFilter]: filterGradient,
};
