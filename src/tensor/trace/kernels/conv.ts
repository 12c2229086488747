import { tf } from "../../tfjs.ts";
import { blockedConvolution, filterLayoutFor, isThin } from "../blocked/convolution.ts";
import {
  blockedFilterGradient,
  blockedPointwiseGradient,
  gradientLayout,
  hasBlockedFilterGradient,
} from "../blocked/filter-gradient.ts";
import { blockedInputGradient, hasPhases } from "../blocked/input-gradient.ts";
import { isBlockedImage, scaledImage, timesPerChannel } from "../blocked/linear.ts";
import type { GraphBuilder } from "../graph-builder.ts";
import { axesOf, cnhw, type Layout, nchw, plainLayout, sameShape, sizeOf } from "../layout.ts";
import { attrOf, inputOf, type KernelRule, type KernelRules } from "../rule.ts";
import type { Traced } from "../traced.ts";
import {
  convolutionWindow,
  endPadding,
  filterLayout,
  inShapeOf,
  outShapeOf,
  restOf,
  turnedFilter,
  turnedPadding,
  type Window,
} from "../window.ts";

/** True where a convolution is one product of matrices per pixel. */
const isPointwise = ({ size, strides, before, after }: Window): boolean =>
  [...size, ...strides].every((length) => length === 1) &&
  [...before, ...after].every((length) => length === 0);

const conv2d: KernelRule = (call) => {
  const { builder } = call;
  const x = inputOf(call, "x");
  const filter = inputOf(call, "filter");
  const window = convolutionWindow(call, x.shape, filter.shape);
  const layout = filterLayoutFor(builder, x, filter, window);
  if (layout !== undefined) return blockedConvolution(builder, x, filter, { window, layout });
  if (isPointwise(window)) return pointwise(builder, x, filter, window);
  const name = builder.emit("Conv", [builder.read(x, nchw), builder.read(filter, filterLayout)], {
    strides: { ints: window.strides },
    dilations: { ints: window.dilations },
    pads: { ints: [...window.before, ...window.after] },
  });
  return builder.value(name, outShapeOf(window), "float32", nchw);
};

const positions = ({ batch, in: [height, width] }: Window): number => batch * height * width;

/** y [out, positions] = W^T [out, in] x [in, positions], all images in one product. */
function pointwise(builder: GraphBuilder, x: Traced, filter: Traced, window: Window): Traced {
  const { inChannels, outChannels, batch, out } = window;
  const weights = builder.read(builder.reshape(filter, [inChannels, outChannels]));
  const columns = builder.reshapeValue(builder.read(x, cnhw), [inChannels, positions(window)]);
  const product = builder.emit("Gemm", [weights, columns], { transA: { int: 1 } });
  const name = builder.reshapeValue(product, [outChannels, batch, ...out]);
  return builder.value(name, outShapeOf(window), "float32", cnhw);
}

const inputGradient: KernelRule = (call) => {
  const { builder } = call;
  const dy = inputOf(call, "dy");
  const filter = inputOf(call, "filter");
  const window = convolutionWindow(call, attrOf<number[]>(call, "inputShape"), filter.shape);
  const layout = filterLayoutFor(builder, undefined, filter, window);
  if (layout !== undefined && !isThin(layout) && hasPhases(window))
    return blockedInputGradient(builder, dy, filter, { window, depthwise: false });
  if (isPointwise(window)) return pointwiseInputGradient(builder, dy, filter, window);
  const unit = window.strides.every((stride) => stride === 1);
  const name = unit
    ? fullConvolution(builder, dy, filter, window)
    : transposedConvolution(builder, dy, filter, window);
  return builder.value(name, inShapeOf(window), "float32", nchw);
};

function pointwiseInputGradient(
  builder: GraphBuilder,
  dy: Traced,
  filter: Traced,
  window: Window,
): Traced {
  const { inChannels, outChannels, batch, in: input } = window;
  const weights = builder.read(builder.reshape(filter, [inChannels, outChannels]));
  const columns = builder.reshapeValue(builder.read(dy, cnhw), [outChannels, positions(window)]);
  const product = builder.emit("Gemm", [weights, columns]);
  const name = builder.reshapeValue(product, [inChannels, batch, ...input]);
  return builder.value(name, inShapeOf(window), "float32", cnhw);
}

/** At stride 1 the gradient is a convolution of dy with the filter turned by 180 degrees. */
function fullConvolution(
  builder: GraphBuilder,
  dy: Traced,
  filter: Traced,
  window: Window,
): string {
  const turned = turnedFilter(builder, builder.read(filter, "2301"));
  return builder.emit("Conv", [builder.read(dy, nchw), turned], {
    dilations: { ints: window.dilations },
    pads: { ints: turnedPadding(window) },
  });
}

function transposedConvolution(
  builder: GraphBuilder,
  dy: Traced,
  filter: Traced,
  window: Window,
): string {
  const { strides, before, after, dilations } = window;
  return builder.emit(
    "ConvTranspose",
    [builder.read(dy, nchw), builder.read(filter, filterLayout)],
    {
      strides: { ints: strides },
      dilations: { ints: dilations },
      pads: { ints: [...before, ...after] },
      output_padding: { ints: restOf(window) },
    },
  );
}

const filterGradient: KernelRule = (call) => {
  const { builder } = call;
  const x = inputOf(call, "x");
  const dy = inputOf(call, "dy");
  const shape = attrOf<number[]>(call, "filterShape");
  const window = convolutionWindow(call, x.shape, shape);
  const scaled = scaledImage(dy);
  if (!scaled || sizeOf(shape) > sizeOf(dy.shape)) return gradientOfFilter(builder, x, dy, window);
  // Factors per channel of dy are those of the gradient too, which is smaller.
  return gradientOfFilter(builder, x, scaled.image, window, scaled.factors);
};

function gradientOfFilter(
  builder: GraphBuilder,
  x: Traced,
  dy: Traced,
  window: Window,
  factors?: Traced,
): Traced {
  const { outChannels } = window;
  const scaled = (gradient: Traced): Traced =>
    factors ? timesPerChannel(builder, gradient, factors) : gradient;
  if (outChannels > 1 && hasBlockedFilterGradient(builder, window)) {
    const layout = gradientLayout(builder, x, window);
    return scaled(blockedFilterGradient(builder, x, dy, { window, layout }));
  }
  if (isPointwise(window)) {
    if (builder.target.block === undefined) return pointwiseFilterGradient(builder, x, dy, window);
    if (isBlockedImage(builder, x) && isBlockedImage(builder, dy))
      return blockedPointwiseGradient(builder, x, dy, { window, factors });
  }
  return scaled(tapGradient(builder, x, dy, window));
}

/** x [in, positions] dy^T [positions, out], all images in one product. */
function pointwiseFilterGradient(
  builder: GraphBuilder,
  x: Traced,
  dy: Traced,
  window: Window,
): Traced {
  const { inChannels, outChannels } = window;
  const columns = builder.reshapeValue(builder.read(x, cnhw), [inChannels, positions(window)]);
  const rows = builder.reshapeValue(builder.read(dy, cnhw), [outChannels, positions(window)]);
  const product = builder.emit("Gemm", [columns, rows], { transB: { int: 1 } });
  const shape = [1, 1, inChannels, outChannels];
  return builder.value(builder.reshapeValue(product, shape), shape, "float32");
}

/** The gradient tap by tap: x, shifted by the tap, times dy, summed over all positions. [kh, kw, in, out] */
function tapGradient(builder: GraphBuilder, x: Traced, dy: Traced, window: Window): Traced {
  const { inChannels, outChannels, size, strides } = window;
  const shape = [...size, inChannels, outChannels];
  const { thinChannels, wideChannels } = builder.target.borders;
  const byPixel = inChannels >= wideChannels || strides[1] > 1 || isPointwise(window);
  const major = inChannels < thinChannels ? channelMajor : byPixel ? pixelMajor : imageMajor;
  const product = major(builder, x, dy, window);
  return builder.value(builder.reshapeValue(product, shape), shape, "float32");
}

const outPositions = ({ batch, out: [height, width] }: Window): number => batch * height * width;

/** Channels innermost: [positions, in]^T [positions, out] per tap. */
function pixelMajor(builder: GraphBuilder, x: Traced, dy: Traced, window: Window): string {
  const { inChannels, outChannels } = window;
  const count = outPositions(window);
  const rows = builder.reshapeValue(builder.read(dy), [count, outChannels]);
  const products = shiftedImages(builder, x, window, plainLayout(4)).map((tap) =>
    builder.emit("Gemm", [builder.reshapeValue(tap, [count, inChannels]), rows], {
      transA: { int: 1 },
    }),
  );
  return joined(builder, products);
}

/** Images outermost: [in, pixels] [out, pixels]^T per image and tap; images run in parallel. */
function imageMajor(builder: GraphBuilder, x: Traced, dy: Traced, window: Window): string {
  const { inChannels, outChannels, batch, out } = window;
  const rows = builder.reshapeValue(builder.read(dy, nchw), [batch, outChannels, sizeOf(out)]);
  const turned = builder.emit("Transpose", [rows], { perm: { ints: [0, 2, 1] } });
  const products = shiftedImages(builder, x, window, nchw).map((tap) => {
    const columns = builder.reshapeValue(tap, [batch, inChannels, sizeOf(out)]);
    const perImage = builder.emit("MatMul", [columns, turned]);
    return builder.emit("ReduceSum", [perImage, builder.ints([0])], { keepdims: { int: 0 } });
  });
  return joined(builder, products);
}

/** What taps give, one below the other. */
const joined = (builder: GraphBuilder, parts: readonly string[]): string =>
  parts.length === 1 ? (parts[0] ?? "") : builder.emit("Concat", parts, { axis: { int: 0 } });

/** Channels outermost, all taps in one product: [taps in, positions] [out, positions]^T. */
function channelMajor(builder: GraphBuilder, x: Traced, dy: Traced, window: Window): string {
  const { inChannels, outChannels, size } = window;
  const count = outPositions(window);
  const rows = builder.reshapeValue(builder.read(dy, cnhw), [outChannels, count]);
  const taps = joined(builder, shiftedImages(builder, x, window, cnhw));
  const columns = builder.reshapeValue(taps, [sizeOf(size) * inChannels, count]);
  return builder.emit("Gemm", [columns, rows], { transB: { int: 1 } });
}

/** For every tap of the filter the pixel of x that it meets at every output position, in `layout`. */
function shiftedImages(
  builder: GraphBuilder,
  x: Traced,
  window: Window,
  layout: Layout,
): readonly string[] {
  const { strides, dilations, before, size, out } = window;
  const axes = [1, 2].map((axis) => layout.indexOf(String(axis)));
  const last = endPadding(window);
  const pads = new Array<number>(8).fill(0);
  for (const [i, axis] of axes.entries()) {
    pads[axis] = before[i] ?? 0;
    pads[axis + 4] = Math.max(0, last[i] ?? 0);
  }
  const plain = builder.read(x, layout);
  const padded = pads.every((length) => length === 0)
    ? plain
    : builder.emit("Pad", [plain, builder.ints(pads), builder.scalar(0)]);
  const along = ([0, 1] as const).map((axis) =>
    axesOf(size[axis]).map((tap) => tap * dilations[axis]),
  );
  const taps = (along[0] ?? []).flatMap((top) => (along[1] ?? []).map((left) => [top, left]));
  const isWhole =
    taps.length === 1 && strides.every((stride) => stride === 1) && sameShape(window.in, out);
  if (isWhole) return [padded];
  return taps.map((begin) => {
    const end = begin.map(
      (first, axis) => first + ((out[axis] ?? 1) - 1) * (strides[axis] ?? 1) + 1,
    );
    const inputs = [begin, end, axes, strides].map((values) => builder.ints(values));
    return builder.emit("Slice", [padded, ...inputs]);
  });
}

/** Rules of ordinary convolutions. */
export const convRules: KernelRules = {
  [tf.Conv2D]: conv2d,
  [tf.Conv2DBackpropInput]: inputGradient,
  [tf.Conv2DBackpropFilter]: filterGradient,
};
