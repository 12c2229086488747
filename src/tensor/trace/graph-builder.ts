import type {
  OnnxAttribute,
  OnnxGraph,
  OnnxNode,
  OnnxTensor,
  OnnxValue,
} from "../../onnx/graph.ts";
import { elementTypes } from "../../onnx/schema.ts";
import {
  axesOf,
  type Layout,
  permutationBetween,
  plainLayout,
  sameBytes,
  sameShape,
  sizeOf,
  storedShape,
  type Traced,
  type TracedType,
} from "./traced.ts";

type Attributes = Readonly<Record<string, OnnxAttribute>>;

/** What the provider that will run the graph can do. */
export interface GraphTarget {
  /** MaxPool tells where its maxima stood: every provider but WebGPU. */
  readonly poolIndices: boolean;
}

/** Larger constants of one value are expanded by the runtime instead of being stored. */
const largestStoredFill = 256;

/** Collects the nodes of one graph. Equal nodes are merged as they come; unused ones are dropped at the end. */
export class GraphBuilder {
  readonly #inputs: OnnxValue[] = [];
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers = new Map<string, OnnxTensor>();
  readonly #merged = new Map<string, readonly string[]>();
  readonly #shared = new Map<string, string>();
  readonly #taken = new Set<string>();
  #next = 0;

  readonly target: GraphTarget;

  constructor(target: GraphTarget = { poolIndices: true }) {
    this.target = target;
  }

  /** Declares an input of the graph. */
  input(name: string, shape: readonly number[], type: TracedType): Traced {
    this.#inputs.push({ name, shape, type });
    this.#taken.add(name);
    return this.value(name, shape, type);
  }

  /** A traced tensor for a value that is in the graph, in the given layout. */
  value(
    name: string,
    shape: readonly number[],
    type: TracedType,
    layout: Layout = plainLayout(shape.length),
  ): Traced {
    return { shape, type, names: new Map([[layout, name]]) };
  }

  /** Appends a node with one output and returns the output's name. */
  emit(op: string, inputs: readonly string[], attributes?: Attributes): string {
    return this.emitAll(op, inputs, attributes)[0] ?? "";
  }

  /** Appends a node with `outputs` outputs; those nobody reads are left out in the end. */
  emitAll(
    op: string,
    inputs: readonly string[],
    attributes?: Attributes,
    outputs = 1,
  ): readonly string[] {
    const key = `${op}|${inputs.join()}|${JSON.stringify(attributes ?? {})}|${outputs}`;
    const known = this.#merged.get(key);
    if (known) return known;
    const name = this.#freshName(op);
    const names = axesOf(outputs).map((index) => (index ? `${name}_${index}` : name));
    this.#nodes.push({ name, op, inputs, outputs: names, ...(attributes ? { attributes } : {}) });
    this.#merged.set(key, names);
    return names;
  }

  /** Name of an int64 vector constant: shapes, axes, pads. */
  ints(values: readonly number[]): string {
    return this.#initializer({
      type: "int64",
      shape: [values.length],
      data: BigInt64Array.from(values, BigInt),
    });
  }

  /** Name of a scalar constant. */
  scalar(value: number, type: TracedType = "float32"): string {
    return this.tensor([value], [], type);
  }

  /** Name of a constant. */
  tensor(values: ArrayLike<number>, shape: readonly number[], type: TracedType): string {
    const data = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[type].from(values);
    return this.#initializer({ type, shape, data });
  }

  /** Name of a constant that takes work to make: made once per `key`. */
  shared(key: string, make: () => string): string {
    const name = this.#shared.get(key) ?? make();
    this.#shared.set(key, name);
    return name;
  }

  /** The name of a tensor's value in `layout` (default: as the program sees it), bringing it about if need be. */
  read(traced: Traced, layout: Layout = plainLayout(traced.shape.length)): string {
    const known = traced.names.get(layout);
    if (known !== undefined) return known;
    const name = this.#convert(traced, layout);
    traced.names.set(layout, name);
    return name;
  }

  /** The layouts a tensor's value already has, oldest first. */
  layouts(traced: Traced): readonly Layout[] {
    return [...traced.names.keys()];
  }

  /** The same values in another shape of equal size. */
  reshape(traced: Traced, shape: readonly number[]): Traced {
    if (sameShape(traced.shape, shape)) return traced;
    const { type, constant, base } = traced;
    if (constant) return { shape, type, names: new Map(), constant };
    if (base?.constant?.length === 1) return { shape, type, names: new Map(), base };
    return this.value(this.reshapeValue(this.read(traced), shape), shape, type);
  }

  /** Name of a value of the graph in another shape of equal size. */
  reshapeValue(name: string, shape: readonly number[]): string {
    return this.emit("Reshape", [name, this.ints(shape)]);
  }

  /** The graph of the given results, without nodes and constants that they do not need. */
  finish(name: string, results: Readonly<Record<string, Traced>>): OnnxGraph {
    const outputs = Object.entries(results).map(([key, traced]) => this.#output(key, traced));
    const needed = new Set(outputs.map((output) => output.name));
    const nodes: OnnxNode[] = [];
    for (const node of this.#nodes.toReversed()) {
      const last = node.outputs.findLastIndex((output) => needed.has(output));
      if (last < 0) continue;
      for (const input of node.inputs) needed.add(input);
      nodes.push({ ...node, outputs: node.outputs.slice(0, last + 1) });
    }
    return {
      name,
      inputs: this.#inputs,
      outputs,
      initializers: [...this.#initializers.values()].filter((tensor) => needed.has(tensor.name)),
      nodes: nodes.reverse(),
    };
  }

  #convert(traced: Traced, layout: Layout): string {
    const { shape, base, mask, constant } = traced;
    if (traced.names.size === 0 && base) return this.#broadcast(base, shape, layout);
    if (traced.names.size === 0 && mask)
      return this.emit("Cast", [this.read(mask, layout)], {
        to: { int: elementTypes[traced.type] },
      });
    const plain = plainLayout(shape.length);
    if (traced.names.size === 0 && constant)
      traced.names.set(plain, this.tensor(constant, shape, traced.type));
    const [from, name] = this.#nearest(traced, layout);
    if (from === layout) return name;
    if (sameBytes(shape, from, layout)) return this.reshapeValue(name, storedShape(shape, layout));
    return this.emit("Transpose", [name], { perm: { ints: permutationBetween(from, layout) } });
  }

  /** The stored form from which `layout` is reached most cheaply. */
  #nearest(traced: Traced, layout: Layout): readonly [Layout, string] {
    const forms = [...traced.names];
    const found = forms.find(([from]) => sameBytes(traced.shape, from, layout)) ?? forms[0];
    if (!found) throw new Error(`A tensor of shape [${traced.shape.join(", ")}] has no value`);
    return found;
  }

  #broadcast(base: Traced, shape: readonly number[], layout: Layout): string {
    const stored = storedShape(shape, layout);
    if (base.constant?.length === 1 && sizeOf(shape) <= largestStoredFill)
      return this.tensor(new Array(sizeOf(shape)).fill(base.constant[0]), stored, base.type);
    return this.emit("Expand", [this.readBroadcast(base, shape.length, layout), this.ints(stored)]);
  }

  /** The name of a value that broadcasts against tensors of `rank` axes stored in `layout`. */
  readBroadcast(traced: Traced, rank: number, layout: Layout): string {
    if (layout === plainLayout(rank) || traced.shape.length === 0) return this.read(traced);
    const missing = rank - traced.shape.length;
    const padded = [...new Array<number>(missing).fill(1), ...traced.shape];
    return this.read(this.reshape(traced, padded), layout);
  }

  #output(key: string, traced: Traced): OnnxValue {
    const source = this.read(traced);
    const name = this.#taken.has(key) ? this.#freshName(`${key}:out`) : key;
    this.#taken.add(name);
    this.#nodes.push({ name, op: "Identity", inputs: [source], outputs: [name] });
    return { name, shape: traced.shape, type: traced.type };
  }

  #initializer(tensor: Omit<OnnxTensor, "name">): string {
    const small = tensor.data.length <= largestStoredFill;
    const key = small
      ? `${tensor.type}[${tensor.shape.join()}]${tensor.data.join()}`
      : `constant ${this.#next}`;
    const known = this.#initializers.get(key);
    if (known) return known.name;
    const name = this.#freshName("constant");
    this.#initializers.set(key, { ...tensor, name });
    return name;
  }

  #freshName(stem: string): string {
    let name = `${stem}_${this.#next++}`;
    while (this.#taken.has(name)) name = `${stem}_${this.#next++}`;
    this.#taken.add(name);
    return name;
  }
}
