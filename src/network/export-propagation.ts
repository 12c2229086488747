import type { OnnxNode, OnnxTensor } from "../onnx/graph.ts";
import type { PlacedLayer } from "./network.ts";
import { propagationOf } from "./propagation.ts";

/**
 * A' x of [batch, channels, nodes, 1] as nodes named `layer/...`, the last like the layer: turned so that nodes come first, rows of x gathered
 * by the entries' columns, weighted, and summed by their rows.
 */
export function propagationPart(
  { layer, inputs, out }: PlacedLayer<"propagate">,
  batch: number,
): { readonly nodes: readonly OnnxNode[]; readonly initializers: readonly OnnxTensor[] } {
  const { height: nodes, channels } = out;
  const { rows, columns, values } = propagationOf({ nodes, edges: layer.edges });
  const entries = values.length;
  const name = (part: string): string => `${layer.name}/${part}`;
  const initializers: readonly OnnxTensor[] = [
    {
      name: name("columns"),
      type: "int64",
      shape: [entries],
      data: BigInt64Array.from(columns, BigInt),
    },
    { name: name("values"), type: "float32", shape: [entries, 1, 1, 1], data: values },
    {
      name: name("rows"),
      type: "int64",
      shape: [entries, 1, 1, 1],
      data: BigInt64Array.from(rows, BigInt),
    },
    {
      name: name("places"),
      type: "int64",
      shape: [4],
      data: BigInt64Array.of(BigInt(entries), BigInt(batch), 1n, BigInt(channels)),
    },
    {
      name: name("zeros"),
      type: "float32",
      shape: [nodes, batch, 1, channels],
      data: new Float32Array(nodes * batch * channels),
    },
  ];
  const turn = (part: string, from: string, to: string, perm: readonly number[]): OnnxNode => ({
    name: part,
    op: "Transpose",
    inputs: [from],
    outputs: [to],
    attributes: { perm: { ints: perm } },
  });
  return {
    initializers,
    nodes: [
      turn(name("turn"), inputs[0] ?? "", name("turned"), [2, 0, 3, 1]),
      {
        name: name("gather"),
        op: "Gather",
        inputs: [name("turned"), name("columns")],
        outputs: [name("gathered")],
        attributes: { axis: { int: 0 } },
      },
      {
        name: name("weigh"),
        op: "Mul",
        inputs: [name("gathered"), name("values")],
        outputs: [name("weighted")],
      },
      {
        name: name("spread"),
        op: "Expand",
        inputs: [name("rows"), name("places")],
        outputs: [name("targets")],
      },
      // Adds one after the other; ScatterND does not promise that on several threads.
      {
        name: name("sum"),
        op: "ScatterElements",
        inputs: [name("zeros"), name("targets"), name("weighted")],
        outputs: [name("summed")],
        attributes: { axis: { int: 0 }, reduction: { string: "add" } },
      },
      turn(layer.name, name("summed"), layer.name, [1, 3, 0, 2]),
    ],
  };
}
