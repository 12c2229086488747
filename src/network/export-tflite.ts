import { UserError } from "../errors.ts";
import type {
  FusedActivation,
  TfliteGraph,
  TfliteNode,
  TfliteOperation,
  TfliteTensor,
} from "../tflite/index.ts";
import { foldWeights, outputsFirst } from "./folded-weights.ts";
import {
  type Activation,
  type LayerKind,
  type Padding,
  type Shape,
  shuffledChannels,
  type Window,
  windowArea,
  windowSize,
  windowStride,
} from "./layer.ts";
import { type Network, networkInput, type PlacedLayer, placeLayers } from "./network.ts";
import type { Weights } from "./parameters.ts";

/**
 * The network as a float32 TensorFlow Lite graph: input "input" [batch, height, width, channels], output "output"
 * [batch, classes]. Every layer is one operator whose output is called like the layer, with batch norm folded into its
 * weights; an activation that the operator cannot hold follows.
 */
export function exportTflite(network: Network, weights: Weights, { batch = 1 } = {}): TfliteGraph {
  const placed = placeLayers(network);
  const last = placed[placed.length - 1];
  if (!last) throw new Error(`Network "${network.name}" has no layers`);
  const parts = placed.map((layer) => exportLayer(layer, weights, batch));
  const classes = [batch, last.out.channels];
  return {
    name: network.name,
    inputs: [networkInput],
    outputs: ["output"],
    tensors: [
      floats(networkInput, imageShape(network.input, batch)),
      ...parts.flatMap(({ tensors }) => tensors),
      floats("output", classes),
    ],
    nodes: [
      ...parts.flatMap(({ nodes }) => nodes),
      { op: "reshape", shape: classes, inputs: [last.layer.name], output: "output" },
    ],
  };
}

interface Part {
  readonly tensors: readonly TfliteTensor[];
  readonly nodes: readonly TfliteNode[];
}

interface LayerOperation {
  readonly operation: TfliteOperation;
  /** Inputs of the operator after the layer's own. */
  readonly constants?: readonly TfliteTensor[];
}

type ExportRule<K extends LayerKind> = (
  placed: PlacedLayer<K>,
  weights: Weights,
  fused: FusedActivation,
) => LayerOperation;

const exportRules: { readonly [K in LayerKind]: ExportRule<K> } = {
  conv2d: (placed, weights, activation) => ({
    operation: { op: "conv2d", ...strides(placed.layer), activation },
    constants: filterAndBias(placed, weights),
  }),
  // Channel o of input and output share filter o: [1, rows, columns, channels], as the network keeps it.
  depthwise_conv2d: (placed, weights, activation) => {
    const { kernel, bias } = foldWeights(placed, weights);
    const channels = placed.out.channels;
    return {
      operation: { op: "depthwise_conv2d", ...strides(placed.layer), activation },
      constants: [
        floats(`${placed.layer.name}/kernel`, [1, ...windowSize(placed.layer), channels], kernel),
        floats(`${placed.layer.name}/bias`, [channels], bias),
      ],
    };
  },
  dense: (placed, weights, activation) => ({
    operation: { op: "fully_connected", keepDimensions: true, activation },
    constants: filterAndBias(placed, weights),
  }),
  pool: ({ layer }) => ({
    operation: {
      op: layer.mode === "max" ? "max_pool" : "average_pool",
      ...strides({ ...layer, kernelSize: layer.size }),
      filterHeight: layer.size,
      filterWidth: layer.size,
      activation: "none",
    },
  }),
  global_pool: ({ layer }) => ({
    operation: { op: "mean", keepDimensions: true },
    constants: [wholes(`${layer.name}/axes`, [1, 2])],
  }),
  add: (_, __, activation) => ({ operation: { op: "add", activation } }),
  concat: () => ({ operation: { op: "concatenation", axis: 3 } }),
  multiply: () => ({ operation: { op: "mul", activation: "none" } }),
  channel_slice: ({ layer, out }) => ({
    operation: { op: "slice" },
    constants: [
      wholes(`${layer.name}/begin`, [0, 0, 0, layer.part * out.channels]),
      wholes(`${layer.name}/size`, [-1, -1, -1, out.channels]),
    ],
  }),
  channel_shuffle: ({ layer, out }) => ({
    operation: { op: "gather", axis: 3 },
    constants: [wholes(`${layer.name}/places`, shuffledChannels(layer, out.channels))],
  }),
  propagate: ({ layer }) => {
    throw new UserError(`TensorFlow Lite files hold no propagation, as "${layer.name}" is one`, {
      hint: "Use an ONNX runtime for graph networks.",
      exit: "unavailable",
    });
  },
};

const wholes = (name: string, values: readonly number[]): TfliteTensor => ({
  name,
  type: "int32",
  shape: [values.length],
  data: Int32Array.from(values),
});

function exportLayer(placed: PlacedLayer, weights: Weights, batch: number): Part {
  const { layer, inputs, out } = placed;
  const activation = "activation" in layer ? layer.activation : "linear";
  const { fused, after } = activationRules[activation];
  // The table is indexed by the layer's own kind, which the compiler cannot follow through a union.
  const rule = exportRules[layer.kind] as ExportRule<LayerKind>;
  const { operation, constants: own = [] } = rule(placed, weights, fused ?? "none");
  const linear = after ? `${layer.name}/linear` : layer.name;
  const { nodes: activating = [], constants: scalars = [] } = after?.(linear, layer.name) ?? {};
  const inputsOfAll = [...inputs, ...own.map(({ name }) => name)];
  const nodes = [{ ...operation, inputs: inputsOfAll, output: linear }, ...activating];
  const shape = imageShape(out, batch);
  return {
    tensors: [...own, ...scalars, ...nodes.map(({ output }) => floats(output, shape))],
    nodes,
  };
}

interface ActivationRule {
  /** What the layer's own operator holds. */
  readonly fused?: FusedActivation;
  /** Operators from tensor `from` to the layer's own. */
  readonly after?: (
    from: string,
    layer: string,
  ) => { readonly nodes: readonly TfliteNode[]; readonly constants?: readonly TfliteTensor[] };
}

const unary = (op: "tanh" | "logistic"): ActivationRule => ({
  after: (from, layer) => ({ nodes: [{ op, inputs: [from], output: layer }] }),
});

const activationRules: { readonly [A in Activation]: ActivationRule } = {
  linear: {},
  relu: { fused: "relu" },
  relu6: { fused: "relu6" },
  tanh: unary("tanh"),
  sigmoid: unary("logistic"),
  // x sigmoid(x)
  swish: {
    after: (from, layer) => ({
      nodes: [
        { op: "logistic", inputs: [from], output: `${layer}/sigmoid` },
        { op: "mul", activation: "none", inputs: [from, `${layer}/sigmoid`], output: layer },
      ],
    }),
  },
  // No operator of its own; relu(x) + log(1 + exp(-|x|)) overflows nowhere.
  softplus: {
    after: (from, layer) => {
      const name = (step: string): string => `${layer}/${step}`;
      const [size, minus, power, sum] = [name("size"), name("minus"), name("power"), name("sum")];
      const [log, positive, one, less] = [name("log"), name("positive"), name("one"), name("less")];
      return {
        nodes: [
          { op: "abs", inputs: [from], output: size },
          // There is a negation, but none in int8.
          { op: "mul", activation: "none", inputs: [size, less], output: minus },
          { op: "exp", inputs: [minus], output: power },
          { op: "add", activation: "none", inputs: [power, one], output: sum },
          { op: "log", inputs: [sum], output: log },
          { op: "relu", inputs: [from], output: positive },
          { op: "add", activation: "none", inputs: [positive, log], output: layer },
        ],
        constants: [floats(one, [1], Float32Array.of(1)), floats(less, [1], Float32Array.of(-1))],
      };
    },
  },
};

function strides(layer: Window & { readonly padding: Padding }) {
  const [strideHeight, strideWidth] = windowStride(layer);
  return { padding: layer.padding, strideHeight, strideWidth };
}

/** Filter [out, rows, columns, in] (dense: [out, in]) and bias [out]. */
function filterAndBias(
  placed: PlacedLayer<"conv2d" | "dense">,
  weights: Weights,
): readonly TfliteTensor[] {
  const { layer, in: input, out } = placed;
  const { kernel, bias } = foldWeights(placed, weights);
  const [inner, outputs] = [input.channels, out.channels];
  const positions = layer.kind === "dense" ? 1 : windowArea(layer);
  const shape = [outputs, ...(layer.kind === "dense" ? [] : windowSize(layer)), inner];
  const filter = outputsFirst(kernel, { positions, inner, outputs }, { innerFirst: false });
  return [
    floats(`${layer.name}/kernel`, shape, filter),
    floats(`${layer.name}/bias`, [outputs], bias),
  ];
}

const imageShape = ({ height, width, channels }: Shape, batch: number): readonly number[] => [
  batch,
  height,
  width,
  channels,
];

const floats = (name: string, shape: readonly number[], data?: Float32Array): TfliteTensor => ({
  name,
  type: "float32",
  shape,
  ...(data ? { data } : {}),
});
