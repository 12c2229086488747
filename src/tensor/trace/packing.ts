import type { OnnxNode, OnnxTensor, OnnxValue } from "../../onnx/graph.ts";
import type { TensorState } from "../types.ts";
import { sameShape, sizeOf } from "./layout.ts";
import { neededNodes } from "./peephole.ts";
import { type Pack, resultKey, type TracedGraph } from "./traced-graph.ts";

/** What packing knows of a graph besides its nodes. */
interface PackOptions {
  readonly state: TensorState;
  /** The shape of a value of the graph, where it is known. */
  readonly shapeOf: (name: string) => readonly number[] | undefined;
  /** The most values of one input that is packed. */
  readonly largest: number;
}

/** State that moves together, a parameter and its slots, and the values that move it. */
interface Family {
  readonly names: readonly string[];
  readonly outputs: readonly string[];
  readonly shape: readonly number[];
  /** What its outputs are computed from besides its own values and numbers. */
  readonly leaves: readonly string[];
  /** Equal for families that are moved by the same operators. */
  readonly signature: string;
}

/**
 * The graph with state that is moved by the same element-wise operators packed into one vector per role, so that a
 * hundred small updates are one: most of a small network's nodes are such.
 */
export function packState(graph: TracedGraph, options: PackOptions): TracedGraph {
  const groups = new Map<string, Family[]>();
  for (const family of familiesOf(graph, options))
    groups.set(family.signature, [...(groups.get(family.signature) ?? []), family]);
  return [...groups.values()]
    .filter((families) => families.length > 1)
    .reduce((packed, families) => packGroup(packed, families, options), graph);
}

/** Operators that may move packed values; all work element by element. */
const movers: ReadonlySet<string> = new Set(
  "Abs Add Div Mul Neg Reciprocal Sign Sqrt Sub".split(" "),
);

const makersOf = (nodes: readonly OnnxNode[]): ReadonlyMap<string, OnnxNode> =>
  new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));

function familiesOf(
  graph: TracedGraph,
  { state, shapeOf, largest }: PackOptions,
): readonly Family[] {
  const makers = makersOf(graph.nodes);
  const inputs = new Map(graph.inputs.map((input) => [input.name, input]));
  const outputs = new Map(graph.outputs.map(({ name }) => [resultKey(name), name]));
  const numbers = new Set(
    [...graph.inputs, ...graph.initializers]
      .filter(({ shape }) => shape.length === 0)
      .map(({ name }) => name),
  );
  const known = { makers, numbers, shapeOf };
  return Object.keys(state).flatMap((first) => {
    if (state[first] !== first) return [];
    const names = Object.keys(state).filter((name) => state[name] === first);
    const given = names.flatMap((name) => inputs.get(name) ?? []);
    const moved = names.flatMap((name) => outputs.get(name) ?? []);
    const { shape = [] } = given[0] ?? {};
    const isWhole =
      given.length === names.length &&
      moved.length === names.length &&
      given.every((input) => input.type === "float32" && sameShape(input.shape, shape));
    if (!isWhole || sizeOf(shape) > largest) return [];
    const described = describeUpdate({ names, outputs: moved, shape }, known);
    return described ? [{ names, outputs: moved, shape, ...described }] : [];
  });
}

/** How a family is moved, or undefined where something else than element-wise operators has a part in it. */
function describeUpdate(
  { names, outputs, shape }: Pick<Family, "names" | "outputs" | "shape">,
  {
    makers,
    numbers,
    shapeOf,
  }: {
    readonly makers: ReadonlyMap<string, OnnxNode>;
    readonly numbers: ReadonlySet<string>;
    readonly shapeOf: PackOptions["shapeOf"];
  },
): Pick<Family, "leaves" | "signature"> | undefined {
  const leaves: string[] = [];
  const moving = new Map<string, boolean>(names.map((name) => [name, true]));
  /** True where a value is computed from the family's own by operators that move packed values. */
  const moves = (name: string): boolean => {
    const found = moving.get(name);
    if (found !== undefined) return found;
    const node = makers.get(name);
    const answer =
      node !== undefined && movers.has(node.op) && node.inputs.map(moves).includes(true);
    moving.set(name, answer);
    return answer;
  };
  const describe = (name: string): string => {
    const role = names.indexOf(name);
    if (role >= 0) return `$${role}`;
    if (numbers.has(name)) return `=${name}`;
    const node = makers.get(name);
    if (node && moves(name))
      return `${node.op}${JSON.stringify(node.attributes ?? {})}(${node.inputs.map(describe).join()})`;
    if (!leaves.includes(name)) leaves.push(name);
    return `?${leaves.indexOf(name)}`;
  };
  const signature = outputs.map(describe).join(";");
  const fits = leaves.every((leaf) => sameShape(shapeOf(leaf) ?? [-1], shape));
  return fits && outputs.every(moves) ? { leaves, signature } : undefined;
}

function packGroup(
  graph: TracedGraph,
  families: readonly Family[],
  { shapeOf }: PackOptions,
): TracedGraph {
  const [first] = families;
  if (!first) return graph;
  const sizes = families.map(({ shape }) => sizeOf(shape));
  const offsets = sizes.map((_, at) => sizes.slice(0, at).reduce((a, b) => a + b, 0));
  const size = sizes.reduce((a, b) => a + b, 0);
  const packs = first.names.map(
    (name, role): Pack => ({
      input: `${name}:packed`,
      output: `${name}:packed:out`,
      size,
      members: families.map(({ names }, at) => ({
        name: names[role] ?? "",
        offset: offsets[at] ?? 0,
        size: sizes[at] ?? 0,
      })),
    }),
  );
  const initializers: OnnxTensor[] = [];
  const ints = (name: string, values: readonly number[]): string => {
    initializers.push({
      name,
      type: "int64",
      shape: [values.length],
      data: BigInt64Array.from(values, BigInt),
    });
    return name;
  };
  const node = (op: string, inputs: readonly string[], outputs: readonly string[]): OnnxNode => ({
    name: outputs[0] ?? "",
    op,
    inputs,
    outputs,
  });
  const parted = packs.flatMap(({ input, members }) => {
    const pieces = members.map(({ name }, at) =>
      families[at]?.shape.length === 1 ? name : `${name}:flat`,
    );
    const split = node("Split", [input, ints(`${input}:sizes`, sizes)], pieces);
    const shaped = members.flatMap(({ name }, at) => {
      const { shape = [] } = families[at] ?? {};
      const piece = pieces[at] ?? "";
      return piece === name ? [] : [node("Reshape", [piece, ints(`${name}:shape`, shape)], [name])];
    });
    return [split, ...shaped];
  });
  const flat = ints(`${first.names[0]}:flat:shape`, [-1]);
  const makers = makersOf(graph.nodes);
  const joined = first.leaves.flatMap((leaf, at) => {
    const flattened = families.map(({ leaves }) => {
      const name = leaves[at] ?? "";
      if (shapeOf(name)?.length === 1) return { name, nodes: [] };
      // Of what was only reshaped, what it was before.
      const maker = makers.get(name);
      const source = maker?.op === "Reshape" ? (maker.inputs[0] ?? name) : name;
      return { name: `${name}:flat`, nodes: [node("Reshape", [source, flat], [`${name}:flat`])] };
    });
    const parts = flattened.map(({ name }) => name);
    const concat = node("Concat", parts, [packedLeaf(first, leaf)]);
    return [
      ...flattened.flatMap(({ nodes }) => nodes),
      { ...concat, attributes: { axis: { int: 0 } } },
    ];
  });
  const replaced = new Set(families.flatMap(({ outputs }) => outputs));
  const outputs: readonly OnnxValue[] = [
    ...graph.outputs.filter(({ name }) => !replaced.has(name)),
    ...packs.map(({ output }): OnnxValue => ({ name: output, type: "float32", shape: [size] })),
  ];
  const taken = new Set(families.flatMap(({ names }) => names));
  const all = [...parted, ...graph.nodes, ...joined, ...movedTogether(graph, first, packs)];
  const { nodes, needed } = neededNodes(
    all,
    outputs.map(({ name }) => name),
  );
  return {
    ...graph,
    inputs: [
      ...graph.inputs.filter(({ name }) => !taken.has(name)),
      ...packs.map(({ input }): OnnxValue => ({ name: input, type: "float32", shape: [size] })),
    ],
    outputs,
    nodes,
    initializers: [...graph.initializers, ...initializers].filter(({ name }) => needed.has(name)),
    packs: [...graph.packs, ...packs],
  };
}

const packedLeaf = ({ names }: Family, leaf: string): string => `${names[0]}:packed:${leaf}`;

/** The operators that move the first family, on packed values. */
function movedTogether(
  graph: TracedGraph,
  family: Family,
  packs: readonly Pack[],
): readonly OnnxNode[] {
  const makers = makersOf(graph.nodes);
  const nodes: OnnxNode[] = [];
  const packed = new Map([
    ...packs.map(({ input }, role) => [family.names[role] ?? "", input] as const),
    ...family.leaves.map((leaf) => [leaf, packedLeaf(family, leaf)] as const),
  ]);
  const names = new Map(packs.map(({ output }, role) => [family.outputs[role] ?? "", output]));
  const move = (name: string): string => {
    const known = packed.get(name);
    if (known !== undefined) return known;
    const node = makers.get(name);
    // Numbers are the same for all.
    if (!node) return name;
    const output = names.get(name) ?? `${name}:packed`;
    nodes.push({ ...node, name: output, inputs: node.inputs.map(move), outputs: [output] });
    packed.set(name, output);
    return output;
  };
  for (const output of family.outputs) move(output);
  return nodes;
}
