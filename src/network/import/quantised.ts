import type { ModelOutline, OutlineNode, OutlineTensor } from "../../onnx/index.ts";

/** A model in which quantised operators stand alone, as a runtime executes them. */
export interface FoldedModel {
  readonly model: ModelOutline;
  /** Nodes that compute in 8-bit integers, with the names of what was folded into them. */
  readonly int8: ReadonlyMap<string, readonly string[]>;
}

/** Operators whose weights must be quantised too. */
const products = new Set(["Conv", "Gemm", "MatMul"]);
/** Operators that runtimes have for integers, or that only move what they read. */
const others = new Set([
  ...["Add", "Mul", "Concat", "MaxPool", "AveragePool", "GlobalAveragePool", "Sigmoid", "Softmax"],
  ...["LeakyRelu", "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Transpose", "Slice", "Gather"],
]);
/** Activations that quantising does by itself where it cuts values off at the same bounds. */
const cutOff = new Set(["Relu", "Clip"]);

/**
 * Folds QuantizeLinear and DequantizeLinear into what stands between them, as ONNX Runtime does for activations in uint8: an
 * operator whose data come dequantised and go to be quantised computes in integers. Products need no quantising after them.
 * What is left (the image quantised, the result dequantised, whatever was not quantised) is executed as it stands.
 */
export function foldQuantised(model: ModelOutline): FoldedModel {
  if (!model.nodes.some(({ op }) => op === "DequantizeLinear")) return { model, int8: new Map() };
  return new Folding(model).folded();
}

/** An operator with what is folded into it. */
interface Unit {
  readonly node: OutlineNode;
  /** A ReLU between it and the quantising. */
  readonly activation?: OutlineNode;
  /** Absent behind a product that gives float32. */
  readonly quantise?: OutlineNode;
}

class Folding {
  readonly #model: ModelOutline;
  readonly #writers: ReadonlyMap<string, OutlineNode>;
  readonly #readers: ReadonlyMap<string, readonly OutlineNode[]>;
  readonly #constants: ReadonlyMap<string, OutlineTensor>;
  readonly #results: ReadonlySet<string>;

  constructor(model: ModelOutline) {
    this.#model = model;
    this.#writers = new Map(
      model.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)),
    );
    const readers = new Map<string, OutlineNode[]>();
    for (const node of model.nodes)
      for (const input of new Set(node.inputs)) {
        const known = readers.get(input) ?? [];
        known.push(node);
        readers.set(input, known);
      }
    this.#readers = readers;
    this.#constants = new Map(model.constants.map((constant) => [constant.name, constant]));
    this.#results = new Set(model.outputs.map(({ name }) => name));
  }

  folded(): FoldedModel {
    const { nodes, constants } = this.#model;
    const units = new Map(nodes.flatMap((node) => this.#unitOf(node)).map((u) => [u.node, u]));
    const absorbed = new Set<OutlineNode>();
    for (const { quantise } of units.values()) if (quantise) absorbed.add(quantise);
    const weights = nodes.filter((node) => this.#isOfConstant(node));
    for (const node of nodes)
      if (node.op === "DequantizeLinear" && this.#isOnlyReadBy(node, units)) absorbed.add(node);
    for (const node of weights) absorbed.add(node);
    const renamed = (name: string): string => {
      const writer = this.#writers.get(name);
      return writer?.op === "DequantizeLinear" && !this.#isOfConstant(writer)
        ? (writer.inputs[0] ?? name)
        : name;
    };
    const last = new Map<OutlineNode, string>();
    for (const { node, activation, quantise } of units.values())
      if (quantise) last.set(activation ?? node, quantise.outputs[0] ?? "");
    const rewritten = nodes
      .filter((node) => !absorbed.has(node))
      .map((node): OutlineNode => {
        const given = last.get(node);
        return {
          ...node,
          inputs: units.has(node) ? node.inputs.map(renamed) : node.inputs,
          outputs: given === undefined ? node.outputs : [given, ...node.outputs.slice(1)],
        };
      });
    const folded = weights.flatMap((node) => {
      const constant = this.#constants.get(node.inputs[0] ?? "");
      const [name] = node.outputs;
      return constant && name !== undefined ? [{ ...constant, name }] : [];
    });
    const int8 = new Map(
      [...units.values()].map(({ node, quantise }) => [node.name, quantise ? [quantise.name] : []]),
    );
    return {
      model: { ...this.#model, nodes: rewritten, constants: [...constants, ...folded] },
      int8,
    };
  }

  /** Weights are dequantised when a model is loaded, unless they are folded. */
  #isOfConstant({ op, inputs }: OutlineNode): boolean {
    return op === "DequantizeLinear" && this.#constants.has(inputs[0] ?? "");
  }

  #isOnlyReadBy(node: OutlineNode, units: ReadonlyMap<OutlineNode, Unit>): boolean {
    const output = node.outputs[0] ?? "";
    const readers = this.#readers.get(output) ?? [];
    return !this.#results.has(output) && readers.length > 0 && readers.every((r) => units.has(r));
  }

  #unitOf(node: OutlineNode): readonly Unit[] {
    const isProduct = products.has(node.op);
    if (!isProduct && !others.has(node.op)) return [];
    const data = isProduct ? node.inputs.slice(0, 2) : node.inputs.filter((i) => this.#isData(i));
    if (data.length === 0 || !data.every((name) => this.#isDequantised(name))) return [];
    const tail = this.#tailOf(node);
    return tail || (isProduct && node.op !== "Conv") ? [{ node, ...tail }] : [];
  }

  /** Neither a constant nor left out. */
  #isData(name: string): boolean {
    return name !== "" && !this.#constants.has(name);
  }

  #isDequantised(name: string): boolean {
    return this.#writers.get(name)?.op === "DequantizeLinear";
  }

  #tailOf(node: OutlineNode): Omit<Unit, "node"> | undefined {
    const next = this.#onlyReader(node);
    if (next?.op === "QuantizeLinear") return { quantise: next };
    if (!next || !cutOff.has(next.op)) return undefined;
    const quantise = this.#onlyReader(next);
    return quantise?.op === "QuantizeLinear" ? { activation: next, quantise } : undefined;
  }

  #onlyReader({ outputs }: OutlineNode): OutlineNode | undefined {
    const [output = ""] = outputs;
    const readers = this.#readers.get(output) ?? [];
    return this.#results.has(output) || readers.length !== 1 ? undefined : readers[0];
  }
}
