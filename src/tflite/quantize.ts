import type { Quantization, TfliteGraph, TfliteNode, TfliteTensor } from "./graph.ts";

/** The least and greatest value that a tensor was seen to have. */
export interface ValueRange {
  readonly low: number;
  readonly high: number;
}

/** Of values that are there. */
export function rangeOf(values: ArrayLike<number>): ValueRange {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i] ?? low);
    high = Math.max(high, values[i] ?? high);
  }
  return { low, high };
}

export interface QuantizeOptions {
  /** What inputs and outputs are: int8, or float32 that is converted at both ends. */
  readonly ends?: "int8" | "float32";
}

/**
 * A float32 graph in int8, as TensorFlow Lite's quantisation specification has it (ai.google.dev/edge/litert/models/quantization_spec):
 * activations -128 to 127 with one scale and zero point per tensor, filters -127 to 127 around 0 with a scale per output channel,
 * biases as int32 on the scale of input times filter. `ranges` are those of the graph's input and of every operator's output
 * whose range does not follow from its inputs.
 */
export function quantized(
  graph: TfliteGraph,
  ranges: ReadonlyMap<string, ValueRange>,
  { ends = "int8" }: QuantizeOptions = {},
): TfliteGraph {
  const activations = activationsOf(graph, ranges);
  const constants = new Map(graph.nodes.flatMap((node) => constantsOf(graph, node, activations)));
  const inner: TfliteGraph = {
    ...graph,
    tensors: graph.tensors.map((tensor) => {
      const quantization = activations.get(tensor.name)?.quantization;
      return quantization
        ? { ...tensor, type: "int8", quantization }
        : (constants.get(tensor.name) ?? tensor);
    }),
  };
  const joinable = withEqualParts(inner);
  return ends === "int8" ? joinable : withFloatEnds(joinable);
}

/** What is joined must be stored alike: parts that are not are converted before. */
function withEqualParts(graph: TfliteGraph): TfliteGraph {
  const tensors = new Map(graph.tensors.map((tensor) => [tensor.name, tensor]));
  const storage = (name: string): string => JSON.stringify(tensors.get(name)?.quantization);
  const nodes = graph.nodes.flatMap((node): readonly TfliteNode[] => {
    if (node.op !== "concatenation") return [node];
    const converted = new Map(
      node.inputs
        .filter((part) => storage(part) !== storage(node.output))
        .map((part, i) => [part, `${node.output}/part${i}`]),
    );
    for (const [part, name] of converted) {
      const shape = tensors.get(part)?.shape ?? [];
      const { quantization } = tensors.get(node.output) ?? {};
      tensors.set(name, { name, type: "int8", shape, ...(quantization ? { quantization } : {}) });
    }
    return [
      ...[...converted].map(([part, output]) => ({
        op: "quantize" as const,
        inputs: [part],
        output,
      })),
      { ...node, inputs: node.inputs.map((part) => converted.get(part) ?? part) },
    ];
  });
  return { ...graph, nodes, tensors: [...tensors.values()] };
}

/** A tensor's range, and how it is stored. */
interface Activation {
  readonly range: ValueRange;
  readonly quantization: Quantization;
}

function activationsOf(
  { inputs, nodes, tensors }: TfliteGraph,
  ranges: ReadonlyMap<string, ValueRange>,
): ReadonlyMap<string, Activation> {
  const found = new Map<string, Activation>();
  const seen = (name: string): ValueRange => {
    const range = ranges.get(name);
    if (!range) throw new Error(`Nobody saw the values of tensor "${name}"`);
    return range;
  };
  for (const name of inputs) found.set(name, stored(seen(name)));
  for (const { op, inputs: from, output } of nodes) {
    const given = from.map((name) => found.get(name) ?? constantRange(tensors, name));
    const [first, second] = given;
    if (!first) throw new Error(`Operator "${output}" has no input`);
    const followed =
      ranges.has(output) || !second ? rules[op]?.(first) : combined(op, first, second);
    found.set(output, followed ?? stored(seen(output)));
  }
  return found;
}

const constantRange = (tensors: readonly TfliteTensor[], name: string): Activation => {
  const data = tensors.find((tensor) => tensor.name === name)?.data ?? new Float32Array(1);
  return stored(rangeOf(data));
};

/** Of an operator on two tensors whose output nobody saw; undefined where that does not follow from their ranges. */
function combined(
  op: TfliteNode["op"],
  { range: a }: Activation,
  { range: b }: Activation,
): Activation | undefined {
  if (op === "add") return stored({ low: a.low + b.low, high: a.high + b.high });
  if (op !== "mul") return undefined;
  return stored(rangeOf([a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high]));
}

/** Stored as its input is: nothing is computed. */
const same = (input: Activation): Activation => input;
const monotonic =
  (f: (x: number) => number) =>
  ({ range: { low, high } }: Activation): Activation =>
    stored({ low: f(low), high: f(high) });

/** Where the output's range or storage follows from the first input's; the specification fixes those of two functions. */
const rules: { readonly [O in TfliteNode["op"]]?: (input: Activation) => Activation } = {
  max_pool: same,
  average_pool: same,
  reshape: same,
  slice: same,
  gather: same,
  logistic: () => fixed({ low: 0, high: 1 }, 1 / 256, -128),
  tanh: () => fixed({ low: -1, high: 1 }, 1 / 128, 0),
  relu: monotonic((x) => Math.max(0, x)),
  exp: monotonic(Math.exp),
  log: monotonic(Math.log),
  abs: ({ range: { low, high } }) => stored({ low: 0, high: Math.max(-low, high) }),
};

const fixed = (range: ValueRange, scale: number, zeroPoint: number): Activation => ({
  range,
  quantization: { scales: [scale], zeroPoints: [zeroPoint], axis: 0 },
});

/** -128 to 127 over the range, which holds 0 exactly: padding is 0. */
function stored(range: ValueRange): Activation {
  const [low, high] = [Math.min(0, range.low), Math.max(0, range.high)];
  const scale = high > low ? Math.fround((high - low) / 255) : 1;
  return fixed(range, scale, Math.max(-128, Math.min(127, Math.round(-128 - low / scale))));
}

/** Axis of the output channels of an operator's filter. */
const filterAxis: { readonly [O in TfliteNode["op"]]?: number } = {
  conv2d: 0,
  depthwise_conv2d: 3,
  fully_connected: 0,
};

type Named = readonly [name: string, tensor: TfliteTensor];

/** The constants of one operator: filter and bias by channel, others as activations are. */
function constantsOf(
  { tensors }: TfliteGraph,
  { op, inputs }: TfliteNode,
  activations: ReadonlyMap<string, Activation>,
): readonly Named[] {
  const [input, filter, bias] = inputs.map((name) =>
    tensors.find((tensor) => tensor.name === name),
  );
  const axis = filterAxis[op];
  const inputScale = activations.get(input?.name ?? "")?.quantization.scales[0];
  if (axis !== undefined && filter && bias && inputScale !== undefined)
    return filterAndBias(filter, bias, axis, inputScale);
  return tensors.flatMap((tensor): readonly Named[] => {
    if (!inputs.includes(tensor.name) || tensor.type !== "float32" || !tensor.data) return [];
    const { quantization } = constantRange(tensors, tensor.name);
    return [[tensor.name, { ...tensor, ...int8s(tensor.data, quantization, () => 0) }]];
  });
}

/** The bias of a channel stays below this: sums of products come on top in 32 bits. */
const mostBias = 2 ** 30;

function filterAndBias(
  filter: TfliteTensor,
  bias: TfliteTensor,
  axis: number,
  inputScale: number,
): readonly Named[] {
  const [weights, offsets] = [filter.data ?? [], bias.data ?? []];
  const channels = filter.shape[axis] ?? 0;
  const channelOf = (i: number): number =>
    axis === 0 ? Math.floor(i / (weights.length / channels)) : i % channels;
  const largest = new Float64Array(channels);
  for (const [i, weight] of weights.entries()) {
    const channel = channelOf(i);
    largest[channel] = Math.max(largest[channel] ?? 0, Math.abs(weight));
  }
  // A channel without weights has any scale.
  const usual = rangeOf(largest).high / 127 || 1;
  const scales = Array.from(largest, (most, channel) =>
    Math.fround(
      Math.max(most / 127, usual * 1e-4, Math.abs(offsets[channel] ?? 0) / (inputScale * mostBias)),
    ),
  );
  const zeroPoints = scales.map(() => 0);
  const biasScales = scales.map((scale) => Math.fround(scale * inputScale));
  return [
    [filter.name, { ...filter, ...int8s(weights, { scales, zeroPoints, axis }, channelOf) }],
    [
      bias.name,
      {
        ...bias,
        type: "int32",
        data: Int32Array.from(offsets, (value, i) => Math.round(value / (biasScales[i] ?? 1))),
        quantization: { scales: biasScales, zeroPoints, axis: 0 },
      },
    ],
  ];
}

function int8s(
  data: ArrayLike<number>,
  quantization: Quantization,
  sliceOf: (i: number) => number,
): Pick<TfliteTensor, "type" | "data" | "quantization"> {
  const { scales, zeroPoints } = quantization;
  const values = Int8Array.from(data, (value, i) => {
    const slice = sliceOf(i);
    const steps = Math.round(value / (scales[slice] ?? 1)) + (zeroPoints[slice] ?? 0);
    return Math.max(-128, Math.min(127, steps));
  });
  return { type: "int8", data: values, quantization };
}

/** The same graph behind a conversion of its input, and before one of its output, under their old names. */
function withFloatEnds(graph: TfliteGraph): TfliteGraph {
  const { inputs, outputs, tensors, nodes } = graph;
  const renamed = (name: string): string =>
    inputs.includes(name) || outputs.includes(name) ? `${name}/int8` : name;
  const isEnd = ({ name }: TfliteTensor): boolean => renamed(name) !== name;
  const floats = tensors
    .filter(isEnd)
    .map(({ name, shape }): TfliteTensor => ({ name, type: "float32", shape }));
  return {
    ...graph,
    tensors: [...floats, ...tensors.map((tensor) => ({ ...tensor, name: renamed(tensor.name) }))],
    nodes: [
      ...inputs.map((name) => ({ op: "quantize" as const, inputs: [name], output: renamed(name) })),
      ...nodes.map((node) => ({
        ...node,
        inputs: node.inputs.map(renamed),
        output: renamed(node.output),
      })),
      ...outputs.map((name) => ({
        op: "dequantize" as const,
        inputs: [renamed(name)],
        output: name,
      })),
    ],
  };
}
