import { tf } from "../../tfjs.ts";
import type { GraphBuilder } from "../graph-builder.ts";
import { attrOf, inputOf, type KernelRule, type KernelRules } from "../rule.ts";
import { cnhw, nchw, type Traced } from "../traced.ts";
import {
  convolutionWindow,
  filterLayout,
  inShapeOf,
  outShapeOf,
  reach,
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
  const { before, in: input, out } = window;
  const start = ([0, 1] as const).map((axis) => reach(window, axis) - 1 - before[axis]);
  const end = ([0, 1] as const).map((axis) => input[axis] - out[axis] + before[axis]);
  const turned = turnedFilter(builder, filter, "2301");
  return builder.emit("Conv", [builder.read(dy, nchw), turned], {
    dilations: { ints: window.dilations },
    pads: { ints: [...start, ...end] },
  });
}

/** The filter in `layout` (height and width last), turned by 180 degrees. */
function turnedFilter(builder: GraphBuilder, filter: Traced, layout: string): string {
  const last = builder.ints([-1, -1]);
  const beyond = builder.ints([-(2 ** 31), -(2 ** 31)]);
  const inputs = [builder.read(filter, layout), last, beyond, builder.ints([2, 3]), last];
  return builder.emit("Slice", inputs);
}

function transposedConvolution(
  builder: GraphBuilder,
  dy: Traced,
  filter: Traced,
  window: Window,
): string {
  const { strides, before, after, in: input, out, dilations } = window;
  // Rows and columns at the end that no window reached.
  const rest = ([0, 1] as const).map(
    (axis) =>
      input[axis] -
      ((out[axis] - 1) * strides[axis] + reach(window, axis) - before[axis] - after[axis]),
  );
  return builder.emit(
    "ConvTranspose",
    [builder.read(dy, nchw), builder.read(filter, filterLayout)],
    {
      strides: { ints: strides },
      dilations: { ints: dilations },
      pads: { ints: [...before, ...after] },
      output_padding: { ints: rest },
    },
  );
}

const filterGradient: KernelRule = (call) => {
  const { builder } = call;
  const x = inputOf(call, "x");
  const dy = inputOf(call, "dy");
  const shape = attrOf<number[]>(call, "filterShape");
  const window = convolutionWindow(call, x.shape, shape);
  const { inChannels, outChannels } = window;
  if (isPointwise(window)) {
    const columns = builder.reshapeValue(builder.read(x, cnhw), [inChannels, positions(window)]);
    const rows = builder.reshapeValue(builder.read(dy, cnhw), [outChannels, positions(window)]);
    const product = builder.emit("Gemm", [columns, rows], { transB: { int: 1 } });
    return builder.value(builder.reshapeValue(product, shape), shape, "float32");
  }
  return swappedConvolution(builder, x, dy, window);
};

/** The gradient as a convolution of x with dy, batch and channels in each other's place: [in, out, kh, kw]. */
function swappedConvolution(builder: GraphBuilder, x: Traced, dy: Traced, window: Window): Traced {
  const { strides, dilations, before, size, in: input, out, inChannels, outChannels } = window;
  const after = ([0, 1] as const).map(
    (axis) => (out[axis] - 1) * strides[axis] + reach(window, axis) - input[axis] - before[axis],
  );
  const whole = builder.emit("Conv", [builder.read(x, cnhw), builder.read(dy, cnhw)], {
    strides: { ints: dilations },
    dilations: { ints: strides },
    pads: { ints: [...before, ...after.map((length) => Math.max(0, length))] },
  });
  const name = after.every((length) => length >= 0)
    ? whole
    : builder.emit("Slice", [
        whole,
        builder.ints([0, 0]),
        builder.ints(size),
        builder.ints([2, 3]),
      ]);
  return builder.value(name, [...size, inChannels, outChannels], "float32", "2301");
}

/** Rules of ordinary convolutions. */
export const convRules: KernelRules = {
  [tf.Conv2D]: conv2d,
  [tf.Conv2DBackpropInput]: inputGradient,
  [tf.Conv2DBackpropFilter]: filterGradient,
};
