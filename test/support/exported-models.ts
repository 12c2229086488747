import {
  encodeModel,
  type OnnxAttribute,
  type OnnxNode,
  type OnnxTensor,
} from "../../src/onnx/index.ts";
import { modelType } from "../../src/onnx/schema.ts";
import { type Classifier, type Part, same } from "./classifiers.ts";

/** How an exporter writes a classifier: what was read from its files. */
export interface Dialect {
  readonly opset: number;
  /** Batch norm taken into the weights before, as exporters do of models in evaluation, or left as a node. */
  readonly foldsNorm: boolean;
  /**
   * PyTorch: images as channels, rows, columns; Flatten and Gemm at the end. tf2onnx: images come and end with channels last, paddings are
   * TensorFlow's, whose odd pixel goes to the end, vectors are reshaped, and dense layers a MatMul and an Add.
   */
  readonly exporter: "pytorch" | "tf2onnx";
}

/** The bytes of the model as the dialect has it; weights are cut out, shapes are left. */
export function exportedModel(classifier: Classifier, dialect: Dialect): Uint8Array {
  const writer = new Writer(dialect);
  const { size } = classifier;
  const isLast = dialect.exporter === "tf2onnx";
  let value = "input";
  if (isLast) value = writer.node("Transpose", [value], { perm: { ints: [0, 3, 1, 2] } });
  let shape: readonly number[] = [3, size, size];
  const given = new Map<string, string>();
  for (const part of classifier.parts) {
    ({ value, shape } = writer.part(part, { value, shape }, given));
    if (part.name) given.set(part.name, value);
  }
  value = writer.node("Softmax", [value], { axis: { int: 1 } });
  const bytes = encodeModel({
    name: classifier.name,
    inputs: [
      { name: "input", type: "float32", shape: isLast ? [-1, size, size, 3] : [1, 3, size, size] },
    ],
    outputs: [{ name: value, type: "float32", shape: [1, ...shape] }],
    initializers: writer.tensors,
    nodes: writer.nodes,
  });
  const message = modelType.decode(bytes) as unknown as { opsetImport: { version: number }[] };
  for (const entry of message.opsetImport) entry.version = dialect.opset;
  return modelType.encode(message as never).finish();
}

interface At {
  readonly value: string;
  /** Without the batch. */
  readonly shape: readonly number[];
}

class Writer {
  readonly nodes: OnnxNode[] = [];
  readonly tensors: OnnxTensor[] = [];
  readonly #dialect: Dialect;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): string {
    const name = `${op}_${this.nodes.length}`;
    this.nodes.push({ name, op, inputs, outputs: [`${name}:0`], attributes });
    return `${name}:0`;
  }

  #weights(shape: readonly number[]): string {
    const name = `w${this.tensors.length}`;
    this.tensors.push({ name, type: "float32", shape, data: new Float32Array() });
    return name;
  }

  #numbers(values: readonly number[]): string {
    const name = `n${this.tensors.length}`;
    const data = BigInt64Array.from(values.map(BigInt));
    this.tensors.push({ name, type: "int64", shape: [values.length], data });
    return name;
  }

  #scalar(value: number): string {
    const name = `s${this.tensors.length}`;
    this.tensors.push({ name, type: "float32", shape: [], data: Float32Array.of(value) });
    return name;
  }

  part(part: Part, at: At, given: ReadonlyMap<string, string>): At {
    if (part.kind === "conv") return this.#convolution(part, at);
    if (part.kind === "pool") return this.#pool(part, at);
    if (part.kind === "dense") return this.#dense(part, at);
    if (part.kind === "global") return this.#global(at);
    return { ...at, value: this.node("Add", [given.get(part.with) ?? "", at.value]) };
  }

  #convolution(
    { width, size, stride, depthwise = false, activation }: Extract<Part, { kind: "conv" }>,
    { value, shape: [channels = 1, height = 1] }: At,
  ): At {
    const out = depthwise ? channels : width;
    const { foldsNorm } = this.#dialect;
    const filter = this.#weights([out, depthwise ? 1 : channels, size, size]);
    let result = this.node("Conv", [value, filter, ...(foldsNorm ? [this.#weights([out])] : [])], {
      kernel_shape: { ints: [size, size] },
      strides: { ints: [stride, stride] },
      pads: { ints: this.#pads(height, size, stride) },
      dilations: { ints: [1, 1] },
      group: { int: depthwise ? channels : 1 },
    });
    if (!foldsNorm)
      result = this.node(
        "BatchNormalization",
        [result, ...Array.from({ length: 4 }, () => this.#weights([out]))],
        { epsilon: { float: 1e-3 } },
      );
    const side = same(height, stride);
    return { value: this.#activated(result, activation), shape: [out, side, side] };
  }

  /** PyTorch pads alike on both sides, TensorFlow as little as needed and the odd pixel at the end. */
  #pads(height: number, size: number, stride: number): readonly number[] {
    if (this.#dialect.exporter === "pytorch") return Array<number>(4).fill((size - 1) / 2);
    const total = Math.max(0, (same(height, stride) - 1) * stride + size - height);
    const before = Math.floor(total / 2);
    return [before, before, total - before, total - before];
  }

  #activated(value: string, activation: Part["activation"]): string {
    if (activation === "relu") return this.node("Relu", [value]);
    if (activation !== "relu6") return value;
    // Bounds became inputs in opset 11.
    return this.#dialect.opset < 11
      ? this.node("Clip", [value], { min: { float: 0 }, max: { float: 6 } })
      : this.node("Clip", [value, this.#scalar(0), this.#scalar(6)]);
  }

  #pool(
    { size, stride }: Extract<Part, { kind: "pool" }>,
    { value, shape: [channels = 1, height = 1] }: At,
  ): At {
    const side = height / stride;
    const attributes = {
      kernel_shape: { ints: [size, size] },
      strides: { ints: [stride, stride] },
      pads: { ints: [0, 0, 0, 0] },
    };
    return { value: this.node("MaxPool", [value], attributes), shape: [channels, side, side] };
  }

  #global({ value, shape: [channels = 1] }: At): At {
    const { exporter, opset } = this.#dialect;
    if (exporter === "pytorch")
      return { value: this.node("GlobalAveragePool", [value]), shape: [channels, 1, 1] };
    // Axes became an input in opset 18.
    const mean =
      opset < 18
        ? this.node("ReduceMean", [value], { axes: { ints: [2, 3] }, keepdims: { int: 0 } })
        : this.node("ReduceMean", [value, this.#numbers([2, 3])], { keepdims: { int: 0 } });
    return { value: mean, shape: [channels] };
  }

  #dense({ width, activation }: Extract<Part, { kind: "dense" }>, at: At): At {
    const features = at.shape.reduce((product, length) => product * length, 1);
    const { value } = this.#flat(at, features);
    const product =
      this.#dialect.exporter === "pytorch"
        ? this.node("Gemm", [value, this.#weights([width, features]), this.#weights([width])], {
            transB: { int: 1 },
          })
        : this.node("Add", [
            this.node("MatMul", [value, this.#weights([features, width])]),
            this.#weights([width]),
          ]);
    const activated = this.#activated(product, activation);
    if (activation === "linear") return { value: activated, shape: [width] };
    return { value: this.#dropped(activated), shape: [width] };
  }

  #flat({ value, shape }: At, features: number): Pick<At, "value"> {
    if (shape.length === 1) return { value };
    if (this.#dialect.exporter === "pytorch")
      return { value: this.node("Flatten", [value], { axis: { int: 1 } }) };
    const last = this.node("Transpose", [value], { perm: { ints: [0, 2, 3, 1] } });
    return { value: this.node("Reshape", [last, this.#numbers([-1, features])]) };
  }

  /** Left in by those who forget to leave training; its share became an input in opset 12. */
  #dropped(value: string): string {
    return this.#dialect.opset < 12
      ? this.node("Dropout", [value], { ratio: { float: 0.5 } })
      : this.node("Dropout", [value, this.#scalar(0.5)]);
  }
}
