import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor } from "../onnx/graph.ts";
import { propagationPart } from "./export-propagation.ts";
import { foldWeights, outputsFirst } from "./folded-weights.ts";
import {
  type Activation,
  type LayerKind,
  type Padding,
  type Shape,
  shuffledChannels,
  type Window,
  windowSize,
  windowStride,
} from "./layer.ts";
import {
  answersPerExample,
  type Network,
  networkInput,
  type PlacedLayer,
  placeLayers,
} from "./network.ts";
import type { Weights } from "./parameters.ts";

/**
 * The network as an ONNX inference graph: input "input" [batch, channels, height, width], output "output"
 * [batch, classes], of a graph [batch * nodes, classes]. Every layer but a propagation is one node named like the layer, with batch norm folded into its weights; an
 * activation that the node cannot hold follows as `layer/activation`.
 */
export function exportNetwork(network: Network, weights: Weights, { batch = 1 } = {}): OnnxGraph {
  const placed = placeLayers(network);
  const parts = placed.map((layer) => {
    const part = exportLayer(layer, weights, batch);
    return layer.layer.kind === "dense" && isReadAsImage(layer.layer.name, placed)
      ? asImage(layer.layer.name, part)
      : part;
  });
  const last = placed[placed.length - 1];
  const { height, width, channels } = network.input;
  const answers = answersPerExample(network);
  const rows = batch * answers;
  return {
    name: network.name,
    inputs: [{ name: networkInput, type: "float32", shape: [batch, channels, height, width] }],
    outputs: [{ name: networkOutput, type: "float32", shape: [rows, last?.out.channels ?? 0] }],
    initializers: parts.flatMap((part) => part.initializers),
    nodes: [
      ...parts.flatMap((part) => part.nodes),
      ...(answers > 1
        ? nodesFirst(last?.layer.name ?? networkInput)
        : [flatten(`${networkOutput}/flatten`, last?.layer.name ?? networkInput, networkOutput)]),
    ],
  };
}

/** [batch, classes, nodes, 1] to [batch * nodes, classes]. */
const nodesFirst = (from: string): readonly OnnxNode[] => [
  {
    name: `${networkOutput}/turn`,
    op: "Transpose",
    inputs: [from],
    outputs: [`${networkOutput}/turned`],
    attributes: { perm: { ints: [0, 2, 3, 1] } },
  },
  {
    name: `${networkOutput}/flatten`,
    op: "Flatten",
    inputs: [`${networkOutput}/turned`],
    outputs: [networkOutput],
    attributes: { axis: { int: 3 } },
  },
];

/** Name of the exported graph's output. */
export const networkOutput = "output";

/** Vectors are [batch, channels] to dense layers and the reader, [batch, channels, 1, 1] to all others. */
const flatten = (name: string, from: string, to: string): OnnxNode => ({
  name,
  op: "Flatten",
  inputs: [from],
  outputs: [to],
  attributes: { axis: { int: 1 } },
});

const isReadAsImage = (name: string, placed: readonly PlacedLayer[]): boolean =>
  placed.some(({ layer, inputs }) => layer.kind !== "dense" && inputs.includes(name));

/** A dense layer's vector [batch, channels] as others than dense layers read it: [batch, channels, 1, 1]. */
function asImage(layer: string, { nodes, initializers }: Part): Part {
  const vector = `${layer}/vector`;
  const axes = wholes(`${layer}/axes`, [2, 3]);
  return {
    nodes: [
      ...nodes.map((node) => ({
        ...node,
        outputs: node.outputs.map((output) => (output === layer ? vector : output)),
      })),
      {
        name: `${layer}/image`,
        op: "Unsqueeze",
        inputs: [vector, axes.name],
        outputs: [layer],
      },
    ],
    initializers: [...initializers, axes],
  };
}

interface Part {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
}

interface LayerNode {
  readonly op: string;
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  /** Folded weights, in the order of the node's inputs after the layer's own. */
  readonly constants?: readonly OnnxTensor[];
}

/** Kinds that are one node; a propagation is several. */
type NodeKind = Exclude<LayerKind, "propagate">;
type ExportRule<K extends NodeKind> = (placed: PlacedLayer<K>, weights: Weights) => LayerNode;

const exportRules: { readonly [K in NodeKind]: ExportRule<K> } = {
  conv2d: (placed, weights) => convolution(placed, 1, weights),
  depthwise_conv2d: (placed, weights) => convolution(placed, placed.in.channels, weights),
  dense: (placed, weights) => ({
    op: "Gemm",
    attributes: { transB: { int: 1 } },
    constants: foldedConstants(placed, [1, 1], weights),
  }),
  pool: ({ layer, in: input, out }) => ({
    op: layer.mode === "max" ? "MaxPool" : "AveragePool",
    attributes: windowAttributes({ ...layer, kernelSize: layer.size }, input, out),
  }),
  global_pool: () => ({ op: "GlobalAveragePool" }),
  add: () => ({ op: "Add" }),
  concat: () => ({ op: "Concat", attributes: { axis: { int: 1 } } }),
  multiply: () => ({ op: "Mul" }),
  channel_slice: ({ layer, out }) => ({
    op: "Slice",
    constants: [
      wholes(`${layer.name}/starts`, [layer.part * out.channels]),
      wholes(`${layer.name}/ends`, [(layer.part + 1) * out.channels]),
      wholes(`${layer.name}/axes`, [1]),
    ],
  }),
  channel_shuffle: ({ layer, out }) => ({
    op: "Gather",
    attributes: { axis: { int: 1 } },
    constants: [wholes(`${layer.name}/places`, shuffledChannels(layer, out.channels))],
  }),
};

const wholes = (name: string, values: readonly number[]): OnnxTensor => ({
  name,
  type: "int64",
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
});

function exportLayer(placed: PlacedLayer, weights: Weights, batch: number): Part {
  const { layer, inputs } = placed;
  if (layer.kind === "propagate") return propagationPart(placed as PlacedLayer<"propagate">, batch);
  // The table is indexed by the layer's own kind, which the compiler cannot follow through a union.
  const rule = exportRules[layer.kind] as ExportRule<NodeKind>;
  const { op, attributes, constants = [] } = rule(placed as PlacedLayer<NodeKind>, weights);
  const activation = "activation" in layer ? layer.activation : "linear";
  const result = activation === "linear" ? layer.name : `${layer.name}/linear`;
  const vectors = layer.kind === "dense" ? inputs.map((name) => `${layer.name}/${name}`) : [];
  const node: OnnxNode = {
    name: layer.name,
    op,
    inputs: [...(vectors.length ? vectors : inputs), ...constants.map(({ name }) => name)],
    outputs: [result],
    ...(attributes ? { attributes } : {}),
  };
  const activated = activationPart[activation](result, layer.name, [batch]);
  return {
    nodes: [
      ...vectors.map((to, i) => flatten(`${layer.name}/flatten`, inputs[i] ?? "", to)),
      node,
      ...activated.nodes,
    ],
    initializers: [...constants, ...activated.initializers],
  };
}

type ActivationRule = (from: string, layer: string, scalar: readonly number[]) => Part;

const single =
  (op: string): ActivationRule =>
  (from, layer) => ({
    nodes: [{ name: `${layer}/activation`, op, inputs: [from], outputs: [layer] }],
    initializers: [],
  });

const activationPart: { readonly [A in Activation]: ActivationRule } = {
  linear: () => ({ nodes: [], initializers: [] }),
  relu: single("Relu"),
  tanh: single("Tanh"),
  sigmoid: single("Sigmoid"),
  softplus: single("Softplus"),
  relu6: (from, layer) => {
    const bounds = [
      { name: `${layer}/low`, type: "float32", shape: [], data: new Float32Array([0]) },
      { name: `${layer}/high`, type: "float32", shape: [], data: new Float32Array([6]) },
    ] as const;
    return {
      nodes: [
        {
          name: `${layer}/activation`,
          op: "Clip",
          inputs: [from, ...bounds.map(({ name }) => name)],
          outputs: [layer],
        },
      ],
      initializers: bounds,
    };
  },
  // x * sigmoid(x); ONNX Runtime fuses the pair into one node.
  swish: (from, layer) => ({
    nodes: [
      {
        name: `${layer}/activation/sigmoid`,
        op: "Sigmoid",
        inputs: [from],
        outputs: [`${layer}/sigmoid`],
      },
      {
        name: `${layer}/activation`,
        op: "Mul",
        inputs: [from, `${layer}/sigmoid`],
        outputs: [layer],
      },
    ],
    initializers: [],
  }),
};

function convolution(
  placed: PlacedLayer<"conv2d" | "depthwise_conv2d">,
  groups: number,
  weights: Weights,
): LayerNode {
  const { layer, in: input, out } = placed;
  return {
    op: "Conv",
    attributes: {
      ...windowAttributes(layer, input, out),
      group: { int: groups },
    },
    constants: foldedConstants(placed, windowSize(layer), weights),
  };
}

function windowAttributes(
  layer: Window & { readonly padding: Padding },
  input: Shape,
  out: Shape,
): Readonly<Record<string, OnnxAttribute>> {
  const [sizes, strides] = [windowSize(layer), windowStride(layer)];
  const missing = (axis: 0 | 1, length: number, outLength: number) =>
    layer.padding === "same"
      ? Math.max(0, (outLength - 1) * strides[axis] + sizes[axis] - length)
      : 0;
  const vertical = missing(0, input.height, out.height);
  const horizontal = missing(1, input.width, out.width);
  const [top, left] = [Math.floor(vertical / 2), Math.floor(horizontal / 2)];
  return {
    kernel_shape: { ints: sizes },
    strides: { ints: strides },
    pads: { ints: [top, left, vertical - top, horizontal - left] },
  };
}

/** Filter [out, in / groups, rows, columns] and bias [out] with batch norm folded in. */
function foldedConstants(
  placed: PlacedLayer<"conv2d" | "depthwise_conv2d" | "dense">,
  size: readonly [number, number],
  weights: Weights,
): readonly OnnxTensor[] {
  const { kernel, bias } = foldWeights(placed, weights);
  const { layer, in: input, out } = placed;
  const outputs = out.channels;
  const inner = layer.kind === "depthwise_conv2d" ? 1 : input.channels;
  const filter = outputsFirst(
    kernel,
    { positions: size[0] * size[1], inner, outputs },
    { innerFirst: true },
  );
  const shape = layer.kind === "dense" ? [outputs, inner] : [outputs, inner, ...size];
  return [
    { name: `${layer.name}/kernel`, type: "float32", shape, data: filter },
    { name: `${layer.name}/bias`, type: "float32", shape: [outputs], data: bias },
  ];
}
