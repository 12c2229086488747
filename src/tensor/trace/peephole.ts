import type { OnnxNode } from "../../onnx/graph.ts";
import { nchwc } from "./convert.ts";

/** The nodes that some output needs, and the names of all values they read or make for one. */
export function neededNodes(
  all: readonly OnnxNode[],
  outputs: readonly string[],
): { readonly nodes: readonly OnnxNode[]; readonly needed: ReadonlySet<string> } {
  const needed = new Set(outputs);
  const nodes: OnnxNode[] = [];
  for (const node of all.toReversed()) {
    const last = node.outputs.findLastIndex((output) => needed.has(output));
    if (last < 0) continue;
    for (const input of node.inputs) needed.add(input);
    // Outputs nobody reads may be left out at the end, but not the parts of a split.
    nodes.push({
      ...node,
      outputs: node.op === "Split" ? node.outputs : node.outputs.slice(0, last + 1),
    });
  }
  return { nodes: nodes.reverse(), needed };
}

/** The nodes with those that only name an output gone wherever its maker can give it that name. */
export function namedOutputs(nodes: readonly OnnxNode[]): readonly OnnxNode[] {
  const made = new Set(nodes.flatMap(({ outputs }) => outputs));
  const renamed = new Map<string, string>();
  const kept = nodes.filter(({ op, inputs: [source = ""], outputs: [output = ""] }) => {
    if (op !== "Identity" || !made.has(source) || renamed.has(source)) return true;
    renamed.set(source, output);
    return false;
  });
  return kept.map((node) => withNames(node, renamed));
}

/** Functions that blocked convolutions apply to their result themselves. */
const activations: ReadonlySet<string> = new Set(["Relu", "Sigmoid", "Tanh"]);

/** Blocked convolutions that apply such a function, where nobody reads their result before that. */
export function activatingConvolutions(nodes: readonly OnnxNode[]): readonly OnnxNode[] {
  const makers = new Map(
    nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)),
  );
  const readers = new Map<string, number>();
  for (const name of nodes.flatMap(({ inputs }) => inputs))
    readers.set(name, (readers.get(name) ?? 0) + 1);
  const renamed = new Map<string, string>();
  const applied = new Map<OnnxNode, string>();
  const kept = nodes.filter(({ op, inputs: [source = ""], outputs: [output = ""] }) => {
    const convolution = activations.has(op)
      ? soleConvolution(source, { makers, readers })
      : undefined;
    if (!convolution) return true;
    applied.set(convolution, op);
    renamed.set(source, output);
    return false;
  });
  return kept.map((node) => {
    const named = withNames(node, renamed);
    const activation = applied.get(node);
    return activation === undefined
      ? named
      : { ...named, attributes: { ...named.attributes, activation: { string: activation } } };
  });
}

interface Uses {
  readonly makers: ReadonlyMap<string, OnnxNode>;
  readonly readers: ReadonlyMap<string, number>;
}

/** The blocked convolution that makes a value, at most reshaped, for one reader alone. */
function soleConvolution(name: string, uses: Uses): OnnxNode | undefined {
  const maker = uses.makers.get(name);
  if (!maker || uses.readers.get(name) !== 1) return undefined;
  if (maker.op === `${nchwc}Conv`) return maker;
  return maker.op === "Reshape" ? soleConvolution(maker.inputs[0] ?? "", uses) : undefined;
}

const withNames = (node: OnnxNode, renamed: ReadonlyMap<string, string>): OnnxNode => {
  const rename = (name: string) => renamed.get(name) ?? name;
  return { ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) };
};
