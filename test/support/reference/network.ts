import type { LayerKind, Padding, Shape, Window } from "../../../src/network/layer.ts";
import {
  type Network,
  networkInput,
  type PlacedLayer,
  placeLayers,
} from "../../../src/network/network.ts";
import { batchNormEpsilon, type Weights } from "../../../src/network/parameters.ts";
import { referenceActivations } from "./activations.ts";
import {
  add,
  apply,
  constant,
  type HyperDual,
  multiply,
  scale,
  sumOfProducts,
} from "./hyper-dual.ts";

/** One image or feature map, channels last. */
export interface Field extends Shape {
  readonly values: readonly HyperDual[];
}

/** Float64 weights by parameter name; shapes as in src/network/parameters.ts. */
export type ReferenceWeights = ReadonlyMap<string, readonly HyperDual[]>;

/** Images with one class each, or one for each of their answers in turn, -1 where it is not known. */
export interface LabelledImages {
  readonly images: readonly (readonly number[])[];
  readonly labels: readonly number[];
}

/** Called on every layer's output; what it returns is used instead. */
export type FieldHook = (layer: string, output: Field) => Field;

export const exactWeights = (weights: Weights): ReferenceWeights =>
  new Map([...weights].map(([name, values]) => [name, Array.from(values, constant)]));

/** Mean softmax cross-entropy over the images, batch norm in evaluation mode. */
export function referenceLoss(
  network: Network,
  weights: ReferenceWeights,
  { images, labels }: LabelledImages,
): HyperDual {
  const answers = labels.length / images.length;
  const losses = images.flatMap((image, i) => {
    const logits = referenceLogits(network, weights, image);
    const classes = logits.length / answers;
    return labels.slice(i * answers, (i + 1) * answers).flatMap((label, answer) => {
      const own = logits.slice(answer * classes, (answer + 1) * classes);
      return label < 0 ? [] : [crossEntropy(own, label)];
    });
  });
  return scale(losses.reduce(add), 1 / losses.length);
}

/** Logits of one image. */
export function referenceLogits(
  network: Network,
  weights: ReferenceWeights,
  image: readonly number[],
  at: FieldHook = (_, output) => output,
): readonly HyperDual[] {
  const fields = referenceFields(network, weights, image, at);
  return fields.get(network.layers.at(-1)?.name ?? networkInput)?.values ?? [];
}

/** Every layer's output for one image. */
export function referenceFields(
  network: Network,
  weights: ReferenceWeights,
  image: readonly number[],
  at: FieldHook = (_, output) => output,
): ReadonlyMap<string, Field> {
  const input: Field = { ...network.input, values: image.map(constant) };
  const fields = new Map([[networkInput, input]]);
  for (const placed of placeLayers(network)) {
    const inputs = placed.inputs.map((name) => fields.get(name) ?? input);
    const rule = rules[placed.layer.kind] as Rule<LayerKind>;
    const [first = input] = inputs;
    fields.set(
      placed.layer.name,
      at(placed.layer.name, rule(placed, first, weights, inputs[1] ?? first)),
    );
  }
  return fields;
}

/** log sum exp(z) - z_label. */
export function crossEntropy(logits: readonly HyperDual[], label: number): HyperDual {
  const sum = logits.map((z) => apply(exponential, z)).reduce(add);
  return add(apply(logarithm, sum), scale(logits[label] ?? constant(0), -1));
}

const exponential = { value: Math.exp, first: Math.exp, second: Math.exp };
const logarithm = {
  value: Math.log,
  first: (x: number) => 1 / x,
  second: (x: number) => -1 / x ** 2,
};

type Rule<K extends LayerKind> = (
  placed: PlacedLayer<K>,
  input: Field,
  weights: ReferenceWeights,
  other: Field,
) => Field;

const rules: { readonly [K in LayerKind]: Rule<K> } = {
  conv2d: (placed, input, weights) => {
    const { layer, out } = placed;
    const kernel = weights.get(`${layer.name}/kernel`) ?? [];
    const field = fieldOf(out, (y, x) => {
      const patch = taps(layer, input, y, x).flatMap((tap) =>
        pixels(input, tap).map((value, from) => ({
          value,
          row: (tap.index * input.channels + from) * out.channels,
        })),
      );
      return (channel) =>
        sumOfProducts(patch.map(({ value, row }) => [value, entry(kernel, row + channel)]));
    });
    return finish(placed, field, weights);
  },
  depthwise_conv2d: (placed, input, weights) => {
    const { layer, out } = placed;
    const kernel = weights.get(`${layer.name}/kernel`) ?? [];
    const field = fieldOf(out, (y, x) => {
      const window = taps(layer, input, y, x);
      return (channel) =>
        sumOfProducts(
          window.map((tap) => [
            pixel(input, tap.y, tap.x, channel),
            entry(kernel, tap.index * input.channels + channel),
          ]),
        );
    });
    return finish(placed, field, weights);
  },
  dense: (placed, input, weights) => {
    const { layer, out } = placed;
    const kernel = weights.get(`${layer.name}/kernel`) ?? [];
    const field = fieldOf(
      out,
      () => (channel) =>
        sumOfProducts(
          input.values.map((value, from) => [value, entry(kernel, from * out.channels + channel)]),
        ),
    );
    return finish(placed, field, weights);
  },
  pool: ({ layer, out }, input) =>
    fieldOf(out, (y, x) => (channel) => {
      const window = taps({ ...layer, kernelSize: layer.size }, input, y, x).map((tap) =>
        pixel(input, tap.y, tap.x, channel),
      );
      return layer.mode === "max"
        ? // The larger of two is b + relu(a - b), kink and all.
          window.reduce((best, next) =>
            add(best, apply(referenceActivations.relu, add(next, scale(best, -1)))),
          )
        : scale(window.reduce(add), 1 / window.length);
    }),
  global_pool: ({ out }, input) =>
    fieldOf(out, () => (channel) => {
      const all = input.values.filter((_, i) => i % input.channels === channel);
      return scale(all.reduce(add), 1 / all.length);
    }),
  concat: ({ out }, input, _weights, other) =>
    fieldOf(
      out,
      (y, x) => (channel) =>
        channel < input.channels
          ? pixel(input, y, x, channel)
          : pixel(other, y, x, channel - input.channels),
    ),
  multiply: ({ out }, input, _weights, factors) =>
    fieldOf(
      out,
      (y, x) => (channel) => multiply(pixel(input, y, x, channel), pixel(factors, 0, 0, channel)),
    ),
  channel_slice: ({ layer, out }, input) =>
    fieldOf(out, (y, x) => (channel) => pixel(input, y, x, layer.part * out.channels + channel)),
  channel_shuffle: ({ layer: { groups }, out }, input) =>
    fieldOf(
      out,
      (y, x) => (channel) =>
        pixel(
          input,
          y,
          x,
          (channel % groups) * (out.channels / groups) + Math.floor(channel / groups),
        ),
    ),
  propagate: ({ layer: { edges }, out }, input) => {
    const neighbours = Array.from({ length: out.height }, (_, node) => [
      node,
      ...edges.flatMap((end, i) => (end === node ? [edges[i ^ 1] ?? 0] : [])),
    ]);
    const degree = (node: number) => neighbours[node]?.length ?? 1;
    return fieldOf(out, (node) => (channel) => {
      const all = neighbours[node] ?? [];
      return all
        .map((other) =>
          scale(pixel(input, other, 0, channel), 1 / Math.sqrt(degree(node) * degree(other))),
        )
        .reduce(add);
    });
  },
  add: ({ layer, out }, input, _weights, other) =>
    fieldOf(
      out,
      (y, x) => (channel) =>
        apply(
          referenceActivations[layer.activation],
          add(pixel(input, y, x, channel), pixel(other, y, x, channel)),
        ),
    ),
};

/** Bias, batch norm and activation, each where the layer has it. */
function finish(
  { layer }: PlacedLayer<"conv2d" | "depthwise_conv2d" | "dense">,
  field: Field,
  weights: ReferenceWeights,
): Field {
  const of = (role: string, channel: number, otherwise: number): HyperDual =>
    weights.get(`${layer.name}/${role}`)?.[channel] ?? constant(otherwise);
  const normalized = "batchNorm" in layer && layer.batchNorm;
  const values = field.values.map((value, i) => {
    const channel = i % field.channels;
    let sum = add(value, of("bias", channel, 0));
    if (normalized) {
      const variance = of("moving_variance", channel, 1).value + batchNormEpsilon;
      const centred = add(sum, scale(of("moving_mean", channel, 0), -1));
      const gained = multiply(of("gamma", channel, 1), scale(centred, 1 / Math.sqrt(variance)));
      sum = add(gained, of("beta", channel, 0));
    }
    return apply(referenceActivations[layer.activation], sum);
  });
  return { ...field, values };
}

function fieldOf(
  { height, width, channels }: Shape,
  at: (y: number, x: number) => (channel: number) => HyperDual,
): Field {
  const values: HyperDual[] = [];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const there = at(y, x);
      for (let channel = 0; channel < channels; channel++) values.push(there(channel));
    }
  return { height, width, channels, values };
}

const entry = (kernel: readonly HyperDual[], i: number): HyperDual => kernel[i] ?? constant(0);

/** All channels at one position. */
const pixels = (field: Field, { y, x }: Tap): readonly HyperDual[] => {
  const start = (y * field.width + x) * field.channels;
  return field.values.slice(start, start + field.channels);
};

const pixel = (field: Field, y: number, x: number, channel: number): HyperDual =>
  field.values[(y * field.width + x) * field.channels + channel] ?? constant(0);

interface Tap {
  readonly index: number;
  readonly y: number;
  readonly x: number;
}

/** Positions inside the image that the window at (y, x) of the output covers; TensorFlow's padding. */
function taps(
  layer: Window & { readonly padding: Padding },
  input: Shape,
  y: number,
  x: number,
): readonly Tap[] {
  const { kernelSize: rows, kernelWidth: columns = rows } = layer;
  const { stride: down, strideWidth: along = down } = layer;
  const before = (length: number, size: number, stride: number): number => {
    const out = Math.ceil(length / stride);
    return layer.padding === "same"
      ? Math.floor(Math.max((out - 1) * stride + size - length, 0) / 2)
      : 0;
  };
  const top = y * down - before(input.height, rows, down);
  const left = x * along - before(input.width, columns, along);
  return Array.from({ length: rows * columns }, (_, index) => ({
    index,
    y: top + Math.floor(index / columns),
    x: left + (index % columns),
  })).filter((tap) => tap.y >= 0 && tap.x >= 0 && tap.y < input.height && tap.x < input.width);
}
