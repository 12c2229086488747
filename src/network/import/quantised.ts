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
    const quantising = [...units.values()].flatMap(({ quantise }) => quantise ?? []);
    const absorbed = new Set([
      ...quantising,
      ...nodes.filter((node) => this.#isOfConstant(node) || this.#isOnlyReadBy(node, units)),
    ]);
    const given = givenBy([...units.values()]);
    const rewritten = nodes
      .filter((node) => !absorbed.has(node))
      .map((node): OutlineNode => {
        const output = given.get(node);
        return {
          ...node,
          inputs: units.has(node) ? node.inputs.map((name) => this.#sourceOf(name)) : node.inputs,
          outputs: output === undefined ? node.outputs : [output, ...node.outputs.slice(1)],
        };
      });
    const int8 = new Map(
      [...units.values()].map(({ node, quantise }) => [node.name, quantise ? [quantise.name] : []]),
    );
    return {
      model: { ...this.#model, nodes: rewritten, constants: [...constants, ...this.#weights()] },
      int8,
    };
  }

  /** Dequantised constants under the names that products read them by. */
  #weights(): readonly OutlineTensor[] {
    return this.#model.nodes
      .filter((node) => this.#isOfConstant(node))
      .flatMap(({ inputs, outputs: [name] }) => {
        const constant = this.#constants.get(inputs[0] ?? "");
        return constant && name !== undefined ? [{ ...constant, name }] : [];
      });
  }

  /** What a dequantised value was before. */
  #sourceOf(name: string): string {
    const writer = this.#writers.get(name);
    return writer?.op === "DequantizeLinear" && !this.#isOfConstant(writer)
      ? (writer.inputs[0] ?? name)
      : name;
  }

  /** Weights are dequantised when a model is loaded, unless they are folded. */
  #isOfConstant({ op, inputs }: OutlineNode): boolean {
    return op === "DequantizeLinear" && this.#constants.has(inputs[0] ?? "");
  }

  #isOnlyReadBy(node: OutlineNode, units: ReadonlyMap<OutlineNode, Unit>): boolean {
    if (node.op !== "DequantizeLinear") return false;
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

/** The quantised value that the last node of a unit gives. */
const givenBy = (units: readonly Unit[]): ReadonlyMap<OutlineNode, string> =>
  new Map(
    units.flatMap(({ node, activation, quantise }) => {
      const [name] = quantise?.outputs ?? [];
      return name === undefined ? [] : [[activation ?? node, name] as const];
    }),
  );
