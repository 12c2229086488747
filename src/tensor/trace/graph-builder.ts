import type { OnnxAttribute, OnnxNode, OnnxValue } from "../../onnx/graph.ts";
import { elementTypes } from "../../onnx/schema.ts";
import { Constants, largestStoredFill } from "./constants.ts";
import { convert } from "./convert.ts";
import {
  axesOf,
  blockedImage,
  isBlocked,
  type Layout,
  nchw,
  plainLayout,
  sameBytes,
  sameShape,
  sizeOf,
  splitShape,
  storedShape,
} from "./layout.ts";
import { Names } from "./names.ts";
import { activatingConvolutions, namedOutputs, neededNodes } from "./peephole.ts";
import { type GraphTarget, targetFor } from "./target.ts";
import type { Pending, Traced, TracedType } from "./traced.ts";
import type { TracedGraph } from "./traced-graph.ts";

type Attributes = Readonly<Record<string, OnnxAttribute>>;

interface StoredInput extends OnnxValue {
  readonly layout: Layout;
}

/** Operators that give the same to the last bit with their operands exchanged. */
const commutative: ReadonlySet<string> = new Set(["Add", "Mul"]);

/** Collects the nodes of one graph. Equal nodes are merged as they come; unused ones are dropped at the end. */
export class GraphBuilder {
  readonly #inputs = new Map<string, StoredInput>();
  /** Open inputs whose layout has been fixed. */
  readonly #settled = new Set<string>();
  readonly #nodes: OnnxNode[] = [];
  readonly #names = new Names();
  readonly #constants = new Constants(this.#names);
  readonly #merged = new Map<string, readonly string[]>();
  /** Shapes of values where they are known, and of reshaped values what they are reshapes of. */
  readonly #shapes = new Map<string, readonly number[]>();
  readonly #origins = new Map<string, string>();
  /** Tensors that are pending, by what they are made of. */
  readonly #made = new Map<string, Traced>();
  readonly #keys = new Map<Traced, string>();

  readonly target: GraphTarget;

  constructor(target: GraphTarget = targetFor("cpu")) {
    this.target = target;
  }

  /**
   * Declares an input of the graph; one that is `like` another (or itself) is given in the layout that is first asked of either,
   * one that is `handedOn` in that of images.
   */
  input(
    name: string,
    shape: readonly number[],
    type: TracedType,
    {
      like,
      handedOn = false,
    }: { readonly like?: string | undefined; readonly handedOn?: boolean } = {},
  ): Traced {
    const layout = handedOn ? this.#imageLayout(shape) : plainLayout(shape.length);
    this.#inputs.set(name, { name, shape, type, layout });
    this.#names.take(name);
    return like !== undefined
      ? { shape, type, names: new Map(), input: { name, like } }
      : this.value(name, shape, type, layout);
  }

  /** How images are best handed to another graph for the same target; other tensors as the program sees them. */
  #imageLayout({ length: rank }: readonly number[]): Layout {
    if (rank !== 4) return plainLayout(rank);
    return this.target.block ? blockedImage(this.target.block) : nchw;
  }

  /** A traced tensor for a value that is in the graph, in the given layout. */
  value(
    name: string,
    shape: readonly number[],
    type: TracedType,
    layout: Layout = plainLayout(shape.length),
    filling = 0,
  ): Traced {
    const names = new Map([[layout, this.shaped(name, storedShape(shape, layout))]]);
    return filling === 0 ? { shape, type, names } : { shape, type, names, filling };
  }

  /** A value whose nodes are appended when it is first read. */
  pending(shape: readonly number[], pending: Pending, filling = 0): Traced {
    return { shape, type: "float32", names: new Map(), pending, filling };
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
    const operands = commutative.has(op) ? inputs.toSorted() : inputs;
    const key = `${op}|${operands.join()}|${JSON.stringify(attributes ?? {})}|${outputs}`;
    const known = this.#merged.get(key);
    if (known) return known;
    const name = this.#names.fresh(op);
    const names = axesOf(outputs).map((index) => (index ? `${name}_${index}` : name));
    this.#nodes.push({ name, op, inputs, outputs: names, ...(attributes ? { attributes } : {}) });
    this.#merged.set(key, names);
    return names;
  }

  /** Name of an int64 vector constant: shapes, axes, pads. */
  ints(values: readonly number[]): string {
    return this.#constants.ints(values);
  }

  /** Name of a scalar constant. */
  scalar(value: number, type: TracedType = "float32"): string {
    return this.tensor([value], [], type);
  }

  /** Name of a constant. */
  tensor(values: ArrayLike<number>, shape: readonly number[], type: TracedType): string {
    return this.#constants.tensor(values, shape, type);
  }

  /** Name of a constant that takes work to make: made once per `key`. */
  shared(key: string, make: () => string): string {
    return this.#constants.shared(key, make);
  }

  /** The name of a tensor's value in `layout` (default: as the program sees it), bringing it about if need be. */
  read(traced: Traced, layout: Layout = plainLayout(traced.shape.length)): string {
    const known = traced.names.get(layout);
    if (known !== undefined) return known;
    const name = this.shaped(this.#convert(traced, layout), storedShape(traced.shape, layout));
    traced.names.set(layout, name);
    return name;
  }

  /** The layouts a tensor's value already has, oldest first. */
  layouts(traced: Traced): readonly Layout[] {
    if (traced.names.size === 0 && traced.pending) return [traced.pending.layout];
    if (traced.names.size === 0 && traced.input && this.#settled.has(traced.input.like))
      return [this.#inputs.get(traced.input.like)?.layout ?? plainLayout(traced.shape.length)];
    return [...traced.names.keys()];
  }

  /** An unblocked layout in which a tensor is best read. */
  unblockedLayout(traced: Traced): Layout {
    const layouts = this.layouts(traced);
    const found = layouts.find((layout) => !isBlocked(layout));
    if (found !== undefined) return found;
    return layouts.length > 0 && traced.shape.length === 4
      ? nchw
      : plainLayout(traced.shape.length);
  }

  /** The same tensor with zeros wherever its blocked form is filled up. */
  cleared(traced: Traced): Traced {
    if ((traced.filling ?? 0) === 0) return traced;
    const layout = this.unblockedLayout(traced);
    return this.value(this.read(traced, layout), traced.shape, traced.type, layout);
  }

  /** The same values in another shape of equal size. */
  reshape(traced: Traced, shape: readonly number[]): Traced {
    if (sameShape(traced.shape, shape)) return traced;
    const { type, constant, base } = traced;
    if (constant) return { shape, type, names: new Map(), constant };
    if (base?.constant?.length === 1) return { shape, type, names: new Map(), base };
    return this.value(this.reshapeValue(this.read(traced), shape), shape, type);
  }

  /** Name of a value of the graph in another shape of equal size; of a value reshaped before, what it was made of. */
  reshapeValue(name: string, shape: readonly number[]): string {
    const origin = this.#origins.get(name) ?? name;
    for (const known of [name, origin]) if (this.#hasShape(known, shape)) return known;
    const reshaped = this.emit("Reshape", [origin, this.ints(shape)]);
    this.#origins.set(reshaped, origin);
    return this.shaped(reshaped, shape);
  }

  /** The shape a value is declared with, where it is known. */
  shapeOf(name: string): readonly number[] | undefined {
    return this.#shapes.get(name);
  }

  /** Notes the shape of a value, so that reshaping it to that shape is nothing. Returns its name. */
  shaped(name: string, shape: readonly number[]): string {
    this.#shapes.set(name, shape);
    return name;
  }

  /** The tensor that `make` gives, the same one for every call of the same kind on the same operands. */
  once(kind: string, operands: readonly Traced[], make: () => Traced): Traced {
    const key = [kind, ...operands.map((operand) => this.#keyOf(operand))].join("|");
    const known = this.#made.get(key) ?? make();
    this.#made.set(key, known);
    return known;
  }

  /** Its form where the tensor has one, because equal computations have equal names; else a number of its own. */
  #keyOf(traced: Traced): string {
    const [form] = traced.names;
    if (form) return [...form, ...traced.shape].join();
    const known = this.#keys.get(traced) ?? `#${this.#keys.size}`;
    this.#keys.set(traced, known);
    return known;
  }

  #hasShape(name: string, shape: readonly number[]): boolean {
    const known = this.#shapes.get(name);
    return known !== undefined && sameShape(known, shape);
  }

  /**
   * The graph of the given results, without nodes and constants that they do not need. A result that is called
   * like an open input leaves in that input's layout, one that is handed on in that of images.
   */
  finish(
    name: string,
    results: Readonly<Record<string, Traced>>,
    handedOn: ReadonlySet<string> = new Set(),
  ): TracedGraph {
    // Brought about first: inputs still open may get their layouts by it.
    for (const [key, traced] of Object.entries(results))
      if (handedOn.has(key)) this.#readFilled(traced, this.#imageLayout(traced.shape));
    const layouts = new Map<string, Layout>();
    for (const { name: input, shape, layout } of this.#inputs.values())
      if (layout !== plainLayout(shape.length)) layouts.set(input, layout);
    const shapes = new Map<string, readonly number[]>();
    const outputs = Object.entries(results).map(([key, traced]) => {
      const plain = plainLayout(traced.shape.length);
      const layout = handedOn.has(key)
        ? this.#imageLayout(traced.shape)
        : (layouts.get(key) ?? plain);
      const output = this.#output(key, traced, layout);
      if (layout !== plain) layouts.set(output.name, layout);
      shapes.set(output.name, traced.shape);
      return output;
    });
    const ends = outputs.map((output) => output.name);
    const { nodes, needed } = neededNodes(
      activatingConvolutions(neededNodes(namedOutputs(this.#nodes), ends).nodes),
      ends,
    );
    return {
      name,
      inputs: [...this.#inputs.values()].map(({ name, shape, type, layout }) => ({
        name,
        type,
        shape: storedShape(shape, layout),
      })),
      outputs,
      layouts,
      shapes,
      packs: [],
      initializers: this.#constants.all.filter((tensor) => needed.has(tensor.name)),
      nodes,
    };
  }

  #convert(traced: Traced, layout: Layout): string {
    const { shape, base, mask, constant, input, pending } = traced;
    if (traced.names.size === 0) {
      if (base) return this.#broadcast(base, shape, layout);
      if (mask)
        return this.emit("Cast", [this.read(mask, layout)], {
          to: { int: elementTypes[traced.type] },
        });
      if (input) {
        traced.names.set(...this.#settle(input, layout));
        return this.read(traced, layout);
      }
      if (constant)
        traced.names.set(plainLayout(shape.length), this.tensor(constant, shape, traced.type));
      if (pending) traced.names.set(pending.layout, pending.emit());
    }
    const [from, name] = this.#nearest(traced, layout);
    return convert(this, { name, shape, layout: from, isFloat: traced.type === "float32" }, layout);
  }

  /** Fixes the layout in which an open input is given: that of the one it follows, or the one asked for. */
  #settle({ name, like }: { name: string; like: string }, asked: Layout): [Layout, string] {
    const input = this.#inputs.get(name);
    if (!input) throw new Error(`The graph has no input "${name}"`);
    const layout = (this.#settled.has(like) ? this.#inputs.get(like)?.layout : undefined) ?? asked;
    this.#inputs.set(name, { ...input, layout });
    this.#settled.add(name);
    return [layout, name];
  }

  /** The stored form from which `layout` is reached most cheaply. */
  #nearest(traced: Traced, layout: Layout): readonly [Layout, string] {
    const forms = [...traced.names];
    const found =
      forms.find(([from]) => sameBytes(traced.shape, from, layout)) ??
      forms.find(([from]) => !isBlocked(from)) ??
      forms[0];
    if (!found) throw new Error(`A tensor of shape [${traced.shape.join(", ")}] has no value`);
    return found;
  }

  #broadcast(base: Traced, shape: readonly number[], layout: Layout): string {
    if (isBlocked(layout)) {
      const plain = plainLayout(shape.length);
      const name = this.#broadcast(base, shape, plain);
      return convert(
        this,
        { name, shape, layout: plain, isFloat: base.type === "float32" },
        layout,
      );
    }
    const stored = storedShape(shape, layout);
    if (base.constant?.length === 1 && sizeOf(shape) <= largestStoredFill)
      return this.tensor(new Array(sizeOf(shape)).fill(base.constant[0]), stored, base.type);
    return this.emit("Expand", [this.readBroadcast(base, shape.length, layout), this.ints(stored)]);
  }

  /**
   * The name of a value that broadcasts against tensors of `rank` axes stored in `layout`, where blocked axes
   * are taken as two.
   */
  readBroadcast(traced: Traced, rank: number, layout: Layout): string {
    if (layout === plainLayout(rank) || traced.shape.length === 0) return this.read(traced);
    const missing = rank - traced.shape.length;
    const padded = [...new Array<number>(missing).fill(1), ...traced.shape];
    const name = this.read(this.reshape(traced, padded), layout);
    return isBlocked(layout) ? this.reshapeValue(name, splitShape(padded, layout)) : name;
  }

  /** With zeros where a blocked layout is filled up. */
  #readFilled(traced: Traced, layout: Layout): string {
    return this.read(isBlocked(layout) ? this.cleared(traced) : traced, layout);
  }

  #output(key: string, traced: Traced, layout: Layout): OnnxValue {
    const source = this.#readFilled(traced, layout);
    const name = this.#names.isTaken(key) ? this.#names.fresh(`${key}:out`) : key;
    this.#names.take(name);
    this.#nodes.push({ name, op: "Identity", inputs: [source], outputs: [name] });
    return { name, shape: storedShape(traced.shape, layout), type: traced.type };
  }
}
