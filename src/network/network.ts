import { UserError } from "../errors.ts";
import {
  isWide,
  type Layer,
  type LayerKind,
  type LayerOf,
  type Padding,
  type Shape,
  type Window,
  windowSize,
  windowStride,
} from "./layer.ts";

/** A network: layers in an order in which every layer stands after those it reads. The last one gives the logits. */
export interface Network {
  readonly name: string;
  readonly input: Shape;
  readonly layers: readonly Layer[];
}

/** A layer with what shape inference knows of it. */
export interface PlacedLayer<K extends LayerKind = LayerKind> {
  readonly layer: LayerOf<K>;
  /** Names of the layers read; `networkInput` for the network's input. */
  readonly inputs: readonly string[];
  /** Shape of what is read, all of it where layers are concatenated. */
  readonly in: Shape;
  readonly out: Shape;
}

export const networkInput = "input";

/** Shapes of every layer, in order. Throws a UserError on a network that does not fit together. */
export function placeLayers(network: Network): readonly PlacedLayer[] {
  const shapes = new Map<string, Shape>([[networkInput, network.input]]);
  let previous = networkInput;
  return network.layers.map((layer) => {
    const inputs = layer.inputs ?? [previous];
    const inShapes = inputs.map(
      (name) =>
        shapes.get(name) ??
        fail(network, layer, `reads "${name}", which no layer before it is called`),
    );
    if (shapes.has(layer.name)) return fail(network, layer, "has the name of another layer");
    const read = readShape(network, layer, inShapes);
    const out = inferShape(network, layer, read);
    shapes.set(layer.name, out);
    previous = layer.name;
    return { layer, inputs, in: read, out };
  });
}

type ShapeRule<K extends LayerKind> = (layer: LayerOf<K>, input: Shape) => Shape;

const windowed =
  (channels?: number) =>
  ({ padding, ...window }: Window & { readonly padding: Padding }, input: Shape): Shape => {
    const along = (length: number, size = 1, stride = 1) =>
      Math.ceil((padding === "same" ? length : length - size + 1) / stride);
    const [sizes, strides] = [windowSize(window), windowStride(window)];
    return {
      height: along(input.height, sizes[0], strides[0]),
      width: along(input.width, sizes[1], strides[1]),
      channels: channels ?? input.channels,
    };
  };

const shapeRules: { readonly [K in LayerKind]: ShapeRule<K> } = {
  conv2d: (layer, input) => windowed(layer.width)(layer, input),
  depthwise_conv2d: (layer, input) => windowed()(layer, input),
  dense: (layer) => ({ height: 1, width: 1, channels: layer.width }),
  pool: ({ size, ...layer }, input) => windowed()({ ...layer, kernelSize: size }, input),
  global_pool: (_, input) => ({ height: 1, width: 1, channels: input.channels }),
  add: (_, input) => input,
  concat: (_, input) => input,
  multiply: (_, input) => input,
  channel_slice: ({ parts }, input) => ({ ...input, channels: input.channels / parts }),
  channel_shuffle: (_, input) => input,
  propagate: (_, input) => input,
};

/** Answers of one example: one for every node of a graph that the last layer still has, else one. */
export function answersPerExample(network: Network): number {
  if (!network.layers.some(({ kind }) => kind === "propagate")) return 1;
  const { height, width } = placeLayers(network).at(-1)?.out ?? network.input;
  return height * width;
}

/** Shape of everything that a layer reads. */
function readShape(network: Network, layer: Layer, inputs: readonly Shape[]): Shape {
  const [first] = inputs;
  if (!first) return fail(network, layer, "reads nothing");
  const joins = layer.kind === "concat";
  const written = inputs.map(describeShape).join(" and ");
  if (layer.kind === "multiply") {
    const [, factors] = inputs;
    if (
      inputs.length !== 2 ||
      describeShape({ ...first, height: 1, width: 1 }) !== describeShape(factors ?? first)
    )
      return fail(
        network,
        layer,
        `multiplies shapes ${written}, not an image and a vector of its channels`,
      );
    return first;
  }
  if (joins && inputs.length < 2) return fail(network, layer, `joins ${written} with nothing`);
  const fits = ({ height, width, channels }: Shape): boolean =>
    height === first.height && width === first.width && (joins || channels === first.channels);
  if (!inputs.every(fits))
    return fail(network, layer, `${joins ? "joins" : "adds"} shapes ${written}`);
  return joins
    ? { ...first, channels: inputs.reduce((sum, { channels }) => sum + channels, 0) }
    : first;
}

function inferShape(network: Network, layer: Layer, input: Shape): Shape {
  if (layer.kind === "dense" && input.height * input.width !== 1)
    return fail(
      network,
      layer,
      `reads a ${describeShape(input)} image; put a global_pool before it`,
    );
  const runs =
    layer.kind === "channel_slice"
      ? layer.parts
      : layer.kind === "channel_shuffle"
        ? layer.groups
        : 1;
  if (input.channels % runs !== 0)
    return fail(network, layer, `cuts ${input.channels} channels into ${runs}`);
  if (layer.kind === "channel_slice" && layer.part >= runs)
    return fail(network, layer, `takes part ${layer.part} of ${runs}, counted from 0`);
  // The table is indexed by the layer's own kind, which the compiler cannot follow through a union.
  const rule = shapeRules[layer.kind] as ShapeRule<LayerKind>;
  const out = rule(layer, input);
  if (!(out.height >= 1 && out.width >= 1 && Number.isInteger(out.channels) && out.channels >= 1))
    return fail(network, layer, `turns ${describeShape(input)} into ${describeShape(out)}`);
  return out;
}

export const describeShape = ({ height, width, channels }: Shape): string =>
  `${height}x${width}x${channels}`;

function fail(network: Network, layer: Layer, problem: string): never {
  throw new UserError(`Network "${network.name}": layer "${layer.name}" ${problem}`, {
    hint: "Mend the network file; docs/network-format.md describes every layer kind.",
    exit: "usage",
  });
}

/** The same network with other widths for the named layers. */
export function withWidths(network: Network, widths: ReadonlyMap<string, number>): Network {
  return {
    ...network,
    layers: network.layers.map((layer) => {
      const width = widths.get(layer.name);
      return isWide(layer) && width !== undefined ? { ...layer, width } : layer;
    }),
  };
}
