import { modelType } from "../../src/onnx/schema.ts";
import type { Random } from "../../src/random.ts";

/** The parts of a model's message that are changed. */
interface Model {
  readonly graph: {
    node: Node[];
    initializer: Tensor[];
    readonly input: Value[];
  };
}
interface Node {
  readonly input: string[];
  readonly output: string[];
  opType: string;
  readonly attribute: { readonly ints: number[]; i: number }[];
}
interface Tensor {
  readonly name: string;
  readonly dims: number[];
  dataLocation: number;
  rawData: Uint8Array;
}
interface Value {
  readonly type?: {
    readonly tensorType?: { readonly shape?: { readonly dim: { dimValue: number }[] } };
  };
}

const sizes = [0, -1, 1, 3, 4097, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER];
const operators = [
  ...["Conv", "Gemm", "MatMul", "Reshape", "Concat", "Slice", "Split", "Transpose", "Pad", "Add"],
  ...["Squeeze", "Gather", "ReduceMean", "MaxPool", "Flatten", "Loop", "If", "Resize", "toString"],
];

type Change = (graph: Model["graph"], random: Random) => void;

const changes: readonly Change[] = [
  ({ node, initializer }, random) => {
    const names = [...initializer.map(({ name }) => name), ...node.flatMap(({ output }) => output)];
    const { input } = pick(node, random);
    if (input.length > 0) input[random.below(input.length)] = pick(names, random);
  },
  ({ node }, random) => {
    const last = pick(node, random);
    const { input } = pick(node, random);
    if (input.length > 0) input[0] = last.output[0] ?? "";
  },
  ({ node }, random) => {
    node.splice(random.below(node.length), 1 + random.below(3));
  },
  ({ node }, random) => {
    node.push(pick(node, random));
  },
  ({ node }, random) => {
    pick(node, random).opType = pick(operators, random);
  },
  ({ initializer }, random) => {
    const { dims } = pick(initializer, random);
    dims[random.below(dims.length + 1)] = pick(sizes, random);
  },
  ({ node }, random) => {
    for (const one of pick(node, random).attribute) {
      one.i = pick(sizes, random);
      if (one.ints.length > 0) one.ints[random.below(one.ints.length)] = pick(sizes, random);
    }
  },
  ({ initializer }, random) => {
    const tensor = pick(initializer, random);
    tensor.dataLocation = 1;
    tensor.rawData = new Uint8Array();
  },
  ({ input }, random) => {
    const dim = pick(input, random).type?.tensorType?.shape?.dim ?? [];
    if (dim.length > 0) dim[random.below(dim.length)] = { dimValue: pick(sizes, random) };
  },
  ({ initializer }, random) => {
    initializer.splice(random.below(initializer.length), 1);
  },
];

const pick = <T>(list: readonly T[], random: Random): T =>
  list[random.below(Math.max(1, list.length))] as T;

/** A model whose bytes are sound and whose graph is not: cycles, sizes that lie, values given twice or by nobody, data elsewhere. */
export function damagedModel(bytes: Uint8Array, random: Random): Uint8Array {
  const options = { longs: Number, defaults: true, arrays: true, objects: true };
  const model = modelType.toObject(modelType.decode(bytes), options) as Model;
  for (let left = 1 + random.below(4); left > 0; left--)
    if (model.graph.node.length > 0 && model.graph.initializer.length > 0)
      pick(changes, random)(model.graph, random);
  return modelType.encode(modelType.fromObject(model)).finish();
}
