import type { ModelOutline, OutlineNode } from "../../onnx/index.ts";
import type { Activation } from "../layer.ts";
import type { Known } from "./node-values.ts";

const named: Readonly<Record<string, Activation>> = {
  Relu: "relu",
  Tanh: "tanh",
  Sigmoid: "sigmoid",
  Softplus: "softplus",
};

/** The activation that a node is; undefined for other nodes, and for activations that no layer of ours has. */
export function activationOf(node: OutlineNode, known: Known): Activation | undefined {
  if (node.op !== "Clip") return Object.hasOwn(named, node.op) ? named[node.op] : undefined;
  const bound = (attribute: string, input: number) => {
    const given = node.attributes.get(attribute);
    return typeof given === "number" ? given : known.get(node.inputs[input] ?? "")?.values?.[0];
  };
  return bound("min", 1) === 0 && bound("max", 2) === 6 ? "relu6" : undefined;
}

/** A product x f(x): which value, which activation, and which nodes compute f. */
interface Gate {
  readonly of: string;
  readonly activation: Activation;
  readonly nodes: readonly string[];
}

/** Products of a value with its own sigmoid, which exporters write as two nodes: swish. */
export function gatedBySelf(model: ModelOutline): {
  readonly activations: ReadonlyMap<string, Gate>;
  /** Names of the nodes that compute the sigmoids. */
  readonly parts: ReadonlySet<string>;
} {
  const writers = new Map(
    model.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)),
  );
  const readers = new Map<string, number>();
  for (const name of model.nodes.flatMap(({ inputs }) => inputs))
    readers.set(name, (readers.get(name) ?? 0) + 1);
  const activations = new Map<string, Gate>();
  for (const node of model.nodes) {
    if (node.op !== "Mul" || node.inputs.length !== 2) continue;
    const [a = "", b = ""] = node.inputs;
    for (const [of, gate] of [
      [a, b],
      [b, a],
    ] as const) {
      const writer = writers.get(gate);
      if (writer?.op === "Sigmoid" && writer.inputs[0] === of && readers.get(gate) === 1)
        activations.set(node.name, { of, activation: "swish", nodes: [writer.name] });
    }
  }
  return { activations, parts: new Set([...activations.values()].flatMap(({ nodes }) => nodes)) };
}
