import { tf } from "../../tfjs.ts";
import type { GraphBuilder } from "../graph-builder.ts";
import { attrOf, inputOf, type KernelRule, type KernelRules } from "../rule.ts";
import { cnhw, nchw, type Traced } from "../traced.ts";
import { convolutionWindow, inShapeOf, outShapeOf, reach } from "../window.ts";

const depthwise: KernelRule = (call) => {
  const { builder } = call;
  const x = inputOf(call, "x");
  const filter = inputOf(call, "filter");
  const window = convolutionWindow(call, x.shape, filter.shape, { depthwise: true });
  const name = builder.emit(
    "Conv",
    [builder.read(x, nchw), builder.read(perChannel(builder, filter), "2301")],
    {
      group: { int: window.inChannels },
      strides: { ints: window.strides },
      dilations: { ints: window.dilations },
      pads: { ints: [...window.before, ...window.after] },
    },
  );
  return builder.value(name, outShapeOf(window), "float32", nchw);
};

/** Filters [kh, kw, channels, multiplier] as [kh, kw, channels * multiplier, 1]: ONNX counts output channels. */
function perChannel(builder: GraphBuilder, filter: Traced): Traced {
  const [height = 1, width = 1, channels = 1, multiplier = 1] = filter.shape;
  return builder.reshape(filter, [height, width, channels * multiplier, 1]);
}

const inputGradient: KernelRule = (call) => {
  const { builder } = call;
  const dy = inputOf(call, "dy");
  const filter = inputOf(call, "filter");
  const shape = attrOf<number[]>(call, "inputShape");
  const window = convolutionWindow(call, shape, filter.shape, { depthwise: true });
  const { strides, before, after, in: input, out, dilations } = window;
  const rest = ([0, 1] as const).map(
    (axis) =>
      input[axis] -
      ((out[axis] - 1) * strides[axis] + reach(window, axis) - before[axis] - after[axis]),
  );
  const name = builder.emit(
    "ConvTranspose",
    [builder.read(dy, nchw), builder.read(perChannel(builder, filter), "2301")],
    {
      group: { int: window.inChannels },
      strides: { ints: strides },
      dilations: { ints: dilations },
      pads: { ints: [...before, ...after] },
      output_padding: { ints: rest },
    },
  );
  return builder.value(name, inShapeOf(window), "float32", nchw);
};

/** The gradient as a convolution of x with dy, one group per channel, the batch being summed over as channels. */
const filterGradient: KernelRule = (call) => {
  const { builder } = call;
  const x = inputOf(call, "x");
  const dy = inputOf(call, "dy");
  const shape = attrOf<number[]>(call, "filterShape");
  const window = convolutionWindow(call, x.shape, shape, { depthwise: true });
  const {
    strides,
    dilations,
    before,
    size,
    in: input,
    out,
    inChannels,
    outChannels,
    batch,
  } = window;
  const after = ([0, 1] as const).map(
    (axis) => (out[axis] - 1) * strides[axis] + reach(window, axis) - input[axis] - before[axis],
  );
  const images = builder.reshapeValue(builder.read(x, cnhw), [1, inChannels * batch, ...input]);
  const whole = builder.emit("Conv", [images, builder.read(dy, cnhw)], {
    group: { int: inChannels },
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
  const flat = builder.value(name, [1, ...size, outChannels], "float32", nchw);
  return builder.reshape(flat, shape);
};

/** Rules of depthwise convolutions. */
export const depthwiseRules: KernelRules = {
  [tf.DepthwiseConv2dNative]: depthwise,
  [tf.DepthwiseConv2dNativeBackpropInput]: inputGradient,
  [tf.DepthwiseConv2dNativeBackpropFilter]: filterGradient,
};
