import { tf } from "../../tfjs.ts";
import type { GraphBuilder } from "../graph-builder.ts";
import { inputOf, type KernelRule, type KernelRules } from "../rule.ts";
import { nchw, type Traced } from "../traced.ts";
import { inShapeOf, outShapeOf, poolWindow, restOf, type Window } from "../window.ts";

const maxPool: KernelRule = (call) => {
  const x = inputOf(call, "x");
  const window = poolWindow(call, x.shape);
  const [name = ""] = maxima(call.builder, x, window);
  return call.builder.value(name, outShapeOf(window), "float32", nchw);
};

/** Names of the maxima and of the places they stood at; the places are dropped when no gradient asks for them. */
const maxima = (builder: GraphBuilder, x: Traced, window: Window): readonly string[] =>
  builder.emitAll("MaxPool", [builder.read(x, nchw)], poolAttributes(window), 2);

const poolAttributes = ({ size, strides, before, after }: Window) => ({
  kernel_shape: { ints: size },
  strides: { ints: strides },
  pads: { ints: [...before, ...after] },
});

const pixels = ({ in: [height, width] }: Window): number => height * width;

/** Each gradient goes to the first maximum of its window; windows that overlap add up. */
const maxPoolGradient: KernelRule = (call) => {
  const { builder } = call;
  const x = inputOf(call, "input");
  const dy = inputOf(call, "dy");
  const window = poolWindow(call, x.shape);
  const [, places = ""] = maxima(builder, x, window);
  const total = window.batch * window.inChannels * pixels(window);
  const windows = window.batch * window.outChannels * window.out[0] * window.out[1];
  const blank = builder.emit("Expand", [builder.scalar(0), builder.ints([total])]);
  const indices = builder.reshapeValue(places, [windows]);
  const updates = builder.reshapeValue(builder.read(dy, nchw), [windows]);
  const scattered = builder.emit("ScatterElements", [blank, indices, updates], {
    axis: { int: 0 },
    reduction: { string: "add" },
  });
  const name = builder.reshapeValue(scattered, [window.batch, window.inChannels, ...window.in]);
  return builder.value(name, inShapeOf(window), "float32", nchw);
};

const averagePool: KernelRule = (call) => {
  const { builder } = call;
  const x = inputOf(call, "x");
  const window = poolWindow(call, x.shape);
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
