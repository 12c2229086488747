import { decode, encode } from "@msgpack/msgpack";
import type { FusedActivation, TfliteGraph, TfliteNode, TfliteTensor } from "./graph.ts";

/**
 * A graph as TensorFlow.js loads it (`model.json` and its weights): a GraphDef in JSON with fused operators, as
 * tensorflowjs_converter leaves them, and the constants one after the other.
 */
export interface GraphModel {
  readonly modelTopology: {
    readonly node: readonly NodeDef[];
    readonly versions: { readonly producer: number };
  };
  readonly weightSpecs: readonly WeightSpec[];
  readonly weightData: ArrayBuffer;
}

interface NodeDef {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, object>>;
}

interface WeightSpec {
  readonly name: string;
  readonly shape: number[];
  readonly dtype: "float32" | "int32";
}

/** The same graph for TensorFlow.js; throws for quantised tensors, which it does not compute with. */
export function graphModel(graph: TfliteGraph): GraphModel {
  const parts = new Parts(graph);
  const nodes = graph.nodes.flatMap((node) => nodeDefs(node, parts));
  return {
    modelTopology: {
      versions: { producer: graphDefVersion },
      node: [
        ...graph.inputs.map((name) => placeholder(parts.tensor(name))),
        ...parts.used,
        ...nodes,
      ],
    },
    weightSpecs: parts.specs,
    weightData: joined(parts.data),
  };
}

/** Of TensorFlow 2 (TF_GRAPH_DEF_VERSION). */
const graphDefVersion = 1395;

/** One file of it, for `decodeGraphModel`. */
export const encodeGraphModel = (model: GraphModel): Uint8Array =>
  encode({ ...model, weightData: new Uint8Array(model.weightData) });

/** Of bytes that this process or its own agent wrote: they are not checked. */
export function decodeGraphModel(bytes: Uint8Array): GraphModel {
  const model = decode(bytes) as Omit<GraphModel, "weightData"> & {
    readonly weightData: Uint8Array;
  };
  // Copied: inside the message they stand at any place, arrays need an aligned one.
  return { ...model, weightData: Uint8Array.from(model.weightData).buffer };
}

/** Tensors of the graph, and the constants that its nodes were found to need, in TensorFlow's layouts. */
class Parts {
  readonly used: NodeDef[] = [];
  readonly specs: WeightSpec[] = [];
  readonly data: (Float32Array | Int32Array)[] = [];
  readonly #tensors: ReadonlyMap<string, TfliteTensor>;

  constructor({ tensors }: TfliteGraph) {
    this.#tensors = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  }

  tensor(name: string): TfliteTensor {
    const found = this.#tensors.get(name);
    if (!found) throw new Error(`No tensor "${name}"`);
    if (found.type === "int8")
      throw new Error(`TensorFlow.js computes with no int8: "${name}" is quantised`);
    return found;
  }

  /** Name of a node's input: a constant becomes a node where it is used first. */
  input(name: string): string {
    const { shape, data } = this.tensor(name);
    return data === undefined || data instanceof Int8Array
      ? nodeName(name)
      : this.constant(name, shape, data);
  }

  /** The same with its axes in another order. */
  transposed(name: string, axes: readonly number[]): string {
    const { shape, data } = this.tensor(name);
    if (!(data instanceof Float32Array)) throw new Error(`"${name}" holds no constant filter`);
    const turned = axes.map((axis) => shape[axis] ?? 0);
    return this.constant(name, turned, transpose(data, shape, axes));
  }

  constant(name: string, shape: readonly number[], data: Float32Array | Int32Array): string {
    const called = nodeName(name);
    if (this.specs.some((spec) => spec.name === called)) return called;
    const dtype = data instanceof Int32Array ? "int32" : "float32";
    this.specs.push({ name: called, shape: [...shape], dtype });
    this.data.push(data);
    const type = { type: dtype === "int32" ? "DT_INT32" : "DT_FLOAT" };
    this.used.push({
      name: called,
      op: "Const",
      attr: { dtype: type, value: tensorValue(type, shape) },
    });
    return called;
  }
}

/** Colons tell the outputs of a node apart. */
const nodeName = (tensor: string): string => tensor.replaceAll(":", "%3A");

const float = { type: "DT_FLOAT" };
const dimensions = (shape: readonly number[]) => ({
  dim: shape.map((size) => ({ size: `${size}` })),
});
const tensorValue = ({ type }: typeof float, shape: readonly number[]) => ({
  tensor: { dtype: type, tensorShape: dimensions(shape) },
});
const text = (word: string) => btoa(word);
const wholes = (values: readonly number[]) => ({ list: { i: values.map(String) } });

const placeholder = ({ name, shape }: TfliteTensor): NodeDef => ({
  name: nodeName(name),
  op: "Placeholder",
  attr: { dtype: float, shape: { shape: dimensions(shape) } },
});

/** Kinds without a shape of their own, by what TensorFlow calls them. */
const plain = {
  add: "AddV2",
  mul: "Mul",
  slice: "Slice",
  relu: "Relu",
  relu6: "Relu6",
  logistic: "Sigmoid",
  tanh: "Tanh",
  exp: "Exp",
  log: "Log",
  abs: "Abs",
} as const;

const activations: { readonly [A in FusedActivation]: string | undefined } = {
  none: undefined,
  relu: "Relu",
  relu6: "Relu6",
};

/** What TensorFlow computes an operator with; the last node is called like the operator's output. */
function nodeDefs(node: TfliteNode, parts: Parts): readonly NodeDef[] {
  const name = nodeName(node.output);
  const [first = "", second = "", third = ""] = node.inputs;
  const input = (of: string): string => parts.input(of);
  switch (node.op) {
    case "conv2d":
      return [
        {
          name,
          op: "_FusedConv2D",
          // [out, rows, columns, in] to [rows, columns, in, out].
          input: [input(first), parts.transposed(second, [1, 2, 3, 0]), input(third)],
          attr: { ...windowOf(node), ...fused(node.activation) },
        },
      ];
    case "depthwise_conv2d":
      return [
        {
          name,
          op: "FusedDepthwiseConv2dNative",
          // [1, rows, columns, channels] to [rows, columns, channels, 1].
          input: [input(first), parts.transposed(second, [1, 2, 3, 0]), input(third)],
          attr: { ...windowOf(node), ...fused(node.activation) },
        },
      ];
    case "max_pool":
    case "average_pool": {
      const size = wholes([1, node.filterHeight, node.filterWidth, 1]);
      const op = node.op === "max_pool" ? "MaxPool" : "AvgPool";
      return [{ name, op, input: [input(first)], attr: { ...windowOf(node), ksize: size } }];
    }
    case "fully_connected":
      return dense(node, name, parts);
    case "add":
    case "mul":
      return activated(node.activation, {
        name,
        op: plain[node.op],
        input: [input(first), input(second)],
      });
    case "concatenation":
      return [
        {
          name,
          op: "ConcatV2",
          input: [...node.inputs.map(input), scalar(`${name}/axis`, node.axis, parts)],
          attr: { N: { i: `${node.inputs.length}` } },
        },
      ];
    case "gather":
      return [
        {
          name,
          op: "GatherV2",
          input: [input(first), input(second), scalar(`${name}/axis`, node.axis, parts)],
        },
      ];
    case "mean":
      return [
        {
          name,
          op: "Mean",
          input: [input(first), input(second)],
          attr: { keep_dims: { b: node.keepDimensions } },
        },
      ];
    case "reshape":
      return [reshape(name, input(first), node.shape, parts)];
    case "quantize":
    case "dequantize":
      throw new Error(`TensorFlow.js computes with no int8: "${node.output}" is quantised`);
    default:
      return [{ name, op: plain[node.op], input: node.inputs.map(input) }];
  }
}

type Windowed = Extract<TfliteNode, { readonly strideHeight: number }>;

const windowOf = ({ padding, strideHeight, strideWidth }: Windowed) => ({
  T: float,
  strides: wholes([1, strideHeight, strideWidth, 1]),
  padding: { s: text(padding.toUpperCase()) },
  data_format: { s: text("NHWC") },
  dilations: wholes([1, 1, 1, 1]),
});

const fused = (activation: FusedActivation) => ({
  num_args: { i: "1" },
  fused_ops: {
    list: { s: ["BiasAdd", activations[activation]].flatMap((op) => (op ? [text(op)] : [])) },
  },
});

function activated(activation: FusedActivation, node: NodeDef): readonly NodeDef[] {
  const op = activations[activation];
  if (op === undefined) return [node];
  const before = `${node.name}/linear`;
  return [
    { ...node, name: before },
    { name: node.name, op, input: [before] },
  ];
}

/** Over the last axis of whatever came before, as rows of a matrix. */
function dense(
  { inputs: [first = "", second = "", third = ""], output, activation }: ActivatedNode,
  name: string,
  parts: Parts,
): readonly NodeDef[] {
  const [units = 0, inner = 0] = parts.tensor(second).shape;
  const rows = reshape(`${name}/rows`, parts.input(first), [-1, inner], parts);
  const product = {
    name: `${name}/product`,
    op: "_FusedMatMul",
    // [out, in] to [in, out].
    input: [rows.name, parts.transposed(second, [1, 0]), parts.input(third)],
    attr: { T: float, transpose_a: { b: false }, transpose_b: { b: false }, ...fused(activation) },
  };
  const { shape } = parts.tensor(output);
  if (shape.at(-1) !== units) throw new Error(`"${output}" has another width than its filter`);
  return [rows, product, reshape(name, product.name, shape, parts)];
}

type ActivatedNode = Extract<TfliteNode, { readonly op: "fully_connected" }>;

const reshape = (name: string, from: string, shape: readonly number[], parts: Parts): NodeDef => ({
  name,
  op: "Reshape",
  input: [from, parts.constant(`${name}/shape`, [shape.length], Int32Array.from(shape))],
});

const scalar = (name: string, value: number, parts: Parts): string =>
  parts.constant(name, [], Int32Array.of(value));

/** Axis i of the result is axis `axes[i]` of what is given. */
function transpose(
  data: Float32Array,
  shape: readonly number[],
  axes: readonly number[],
): Float32Array {
  const steps = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const sizes = axes.map((axis) => shape[axis] ?? 0);
  const places = axes.map((axis) => steps[axis] ?? 0);
  return Float32Array.from(data, (_, i) => {
    let rest = i;
    let from = 0;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      const size = sizes[axis] ?? 1;
      from += (rest % size) * (places[axis] ?? 0);
      rest = Math.floor(rest / size);
    }
    return data[from] ?? 0;
  });
}

function joined(parts: readonly (Float32Array | Int32Array)[]): ArrayBuffer {
  const bytes = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const { buffer, byteOffset, byteLength } of parts) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return bytes.buffer;
}
