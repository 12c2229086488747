import type { OnnxGraph, OnnxNode, OnnxTensor } from "../onnx/graph.ts";

/** How an activation is stored: real = scale (stored - zeroPoint), stored from 0 to 255. */
interface Storage {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Values from -6 to 6, and from 0 to 6: what is measured takes as long whatever the range is. */
const signed: Storage = { scale: 12 / 255, zeroPoint: 128 };
const unsigned: Storage = { scale: 6 / 255, zeroPoint: 0 };

/** Storing from 0 on cuts off what these would. */
const cutOff = new Set(["Relu", "Clip"]);
/** They only move what they read, and store it alike. */
const moving = new Set(["MaxPool", "Flatten", "Unsqueeze", "Slice", "Gather"]);
/** Inputs that are weights: the filter, then the bias. */
const products = new Set(["Conv", "Gemm"]);

/**
 * An exported network in 8-bit integers, in ONNX's QDQ format as onnxruntime's own quantiser writes it (quantize_static,
 * QuantFormat.QDQ): activations uint8 per tensor, weights int8 around 0 with a scale per output channel, biases int32 on the scale of
 * input times filter. Ranges of activations are fixed, so that such a model tells how long it takes, not what it computes.
 * Nodes of a layer keep its name in front of theirs.
 */
export function quantizedGraph(graph: OnnxGraph): OnnxGraph {
  return new Quantizing(graph).quantized();
}

class Quantizing {
  readonly #graph: OnnxGraph;
  readonly #constants: ReadonlyMap<string, OnnxTensor>;
  readonly #results: ReadonlySet<string>;
  readonly #storage = new Map<string, Storage>();
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers: OnnxTensor[] = [];

  constructor(graph: OnnxGraph) {
    this.#graph = graph;
    this.#constants = new Map(graph.initializers.map((constant) => [constant.name, constant]));
    this.#results = new Set(graph.outputs.map(({ name }) => name));
  }

  quantized(): OnnxGraph {
    for (const { name } of this.#graph.inputs) this.#store(name, name, signed);
    const cut = this.#cutBehind();
    for (const node of this.#graph.nodes) {
      if (cut.has(node.outputs[0] ?? "")) continue;
      const behind = [...cut.values()].find(({ inputs }) => inputs[0] === node.outputs[0]);
      this.#add(node, behind);
    }
    return { ...this.#graph, nodes: this.#nodes, initializers: this.#initializers };
  }

  /** ReLUs by the name of what they give. */
  #cutBehind(): ReadonlyMap<string, OnnxNode> {
    return new Map(
      this.#graph.nodes
        .filter(({ op }) => cutOff.has(op))
        .map((node) => [node.outputs[0] ?? "", node]),
    );
  }

  /** A node between what it reads, dequantised, and what it gives, to be quantised under the name of the ReLU behind it. */
  #add(node: OnnxNode, behind: OnnxNode | undefined): void {
    const [output = ""] = behind?.outputs ?? node.outputs;
    const [data = ""] = node.inputs;
    const isResult = this.#results.has(output);
    const inputs = products.has(node.op)
      ? [dequantized(data), ...this.#weights(node)]
      : node.inputs.map((name) => this.#read(name));
    const real = isResult ? output : `${output}/real`;
    this.#nodes.push({ ...node, inputs, outputs: [real] });
    if (isResult) return;
    const kept = moving.has(node.op) ? this.#storage.get(data) : undefined;
    this.#store(output, real, kept ?? (behind ? unsigned : signed));
  }

  #read(name: string): string {
    const constant = this.#constants.get(name);
    if (!constant) return dequantized(name);
    if (!this.#initializers.includes(constant)) this.#initializers.push(constant);
    return name;
  }

  /** Quantises a value and gives it back under a name of its own. */
  #store(name: string, real: string, storage: Storage): void {
    this.#storage.set(name, storage);
    const parameters = [`${name}/scale`, `${name}/zero`];
    this.#initializers.push(
      {
        name: `${name}/scale`,
        type: "float32",
        shape: [],
        data: Float32Array.of(storage.scale),
      },
      { name: `${name}/zero`, type: "uint8", shape: [], data: Uint8Array.of(storage.zeroPoint) },
    );
    this.#nodes.push(
      {
        name: `${name}/quantize`,
        op: "QuantizeLinear",
        inputs: [real, ...parameters],
        outputs: [`${name}/stored`],
      },
      {
        name: `${name}/dequantize`,
        op: "DequantizeLinear",
        inputs: [`${name}/stored`, ...parameters],
        outputs: [dequantized(name)],
      },
    );
  }

  /** Filter and bias of a product, dequantised. */
  #weights({ inputs: [data = "", ...names] }: OnnxNode): readonly string[] {
    const [filter, bias] = names.map((name) => this.#constants.get(name));
    const outputs = filter?.shape[0] ?? 0;
    if (!filter || !(filter.data instanceof Float32Array)) return names;
    const inner = filter.data.length / outputs;
    const scales = Float32Array.from({ length: outputs }, (_, output) =>
      scaleOf(filter.data.slice(output * inner, (output + 1) * inner) as Float32Array),
    );
    const stored = Int8Array.from(filter.data, (value, i) =>
      Math.round(value / (scales[Math.floor(i / inner)] ?? 1)),
    );
    const { scale = 1 } = this.#storage.get(data) ?? {};
    const products = scales.map((own) => own * scale);
    return [
      this.#dequantized({ ...filter, type: "int8", data: stored }, scales),
      ...(bias && bias.data instanceof Float32Array
        ? [
            this.#dequantized(
              {
                ...bias,
                type: "int32",
                data: Int32Array.from(bias.data, (value, i) =>
                  Math.round(value / (products[i] ?? 1)),
                ),
              },
              products,
            ),
          ]
        : []),
    ];
  }

  #dequantized(constant: OnnxTensor, scales: Float32Array): string {
    const { name, type } = constant;
    const zeros = type === "int8" ? new Int8Array(scales.length) : new Int32Array(scales.length);
    const shape = [scales.length];
    this.#initializers.push(
      { ...constant, name: `${name}/stored` },
      { name: `${name}/scale`, type: "float32", shape, data: scales },
      { name: `${name}/zero`, type, shape, data: zeros },
    );
    this.#nodes.push({
      name: `${name}/dequantize`,
      op: "DequantizeLinear",
      inputs: [`${name}/stored`, `${name}/scale`, `${name}/zero`],
      outputs: [name],
      attributes: { axis: { int: 0 } },
    });
    return name;
  }
}

const dequantized = (name: string): string => `${name}/dequantized`;

/** So that the largest weight is stored as 127 or -127. */
const scaleOf = (weights: Float32Array): number =>
  weights.reduce((largest, weight) => Math.max(largest, Math.abs(weight)), 1e-9) / 127;
