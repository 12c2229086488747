import { UserError } from "../errors.ts";
import type {
  OnnxAttribute,
  OnnxGraph,
  OnnxNode,
  OnnxTensor,
  OnnxType,
  OnnxValue,
} from "./graph.ts";
import {
  type AttributeMessage,
  attributeTypes,
  elementTypes,
  type GraphMessage,
  type ModelMessage,
  modelType,
  type NodeMessage,
  type TensorMessage,
  type ValueMessage,
} from "./schema.ts";

/**
 * The graph in the bytes of an ONNX model, by any writer. Constant nodes become initialisers, free
 * dimensions -1. Throws a UserError on truncated or foreign bytes and on what a graph record cannot hold.
 */
export function decodeModel(bytes: Uint8Array): OnnxGraph {
  const { graph, metadata } = parseModel(bytes);
  const initializers = graph.initializer.map(readTensor);
  const initialized = new Set(initializers.map(({ name }) => name));
  const constants = graph.node.filter(({ opType }) => opType === "Constant").map(readConstant);
  return {
    name: graph.name,
    // Old writers list every initialiser among the inputs as well.
    inputs: graph.input.filter(({ name }) => !initialized.has(name)).map(readValue),
    outputs: graph.output.map(readValue),
    initializers: [...initializers, ...constants],
    nodes: graph.node.filter(({ opType }) => opType !== "Constant").map(readNode),
    ...(metadata ? { metadata } : {}),
  };
}

function parseModel(bytes: Uint8Array): {
  graph: GraphMessage;
  metadata: Record<string, string> | undefined;
} {
  const model = parseMessage(bytes);
  if (!model.graph || model.irVersion < 1n || model.opsetImport.length === 0)
    throw notOnnx(`${bytes.length} bytes that hold no ONNX graph`);
  const entries = model.metadataProps.map(({ key, value }) => [key, value] as const);
  return {
    graph: model.graph,
    metadata: entries.length === 0 ? undefined : Object.fromEntries(entries),
  };
}

function parseMessage(bytes: Uint8Array): ModelMessage {
  try {
    const options = { longs: BigInt, defaults: true, arrays: true };
    return modelType.toObject(modelType.decode(bytes), options) as ModelMessage;
  } catch (cause) {
    throw notOnnx(`${bytes.length} bytes that cannot be parsed`, cause);
  }
}

/** The error for bytes of another kind. */
export const notOnnx = (given: string, cause?: unknown): UserError =>
  new UserError(`Given ${given}, expected an ONNX model`, {
    hint: "Check that the file is complete and was written as ONNX (not TorchScript, TFLite or a checkpoint).",
    exit: "usage",
    cause,
  });

const unsupported = (given: string): UserError =>
  new UserError(`The ONNX model holds ${given}, which is not supported`, {
    hint: "Export it as one float32 graph with its weights inside (no quantisation, control flow or external data).",
    exit: "usage",
  });

const typesByNumber = new Map<number, OnnxType>(
  Object.entries(elementTypes).map(([type, number]) => [number, type as OnnxType]),
);

function readType(number: number, of: string): OnnxType {
  const type = typesByNumber.get(number);
  if (!type) throw unsupported(`"${of}" of ONNX element type ${number}`);
  return type;
}

function readValue({ name, type }: ValueMessage): OnnxValue {
  const tensor = type?.tensorType;
  if (!tensor) throw unsupported(`"${name}", which is no tensor`);
  const dimensions = tensor.shape?.dim ?? [];
  return {
    name,
    type: readType(tensor.elemType, name),
    shape: dimensions.map(({ dimParam, dimValue }) =>
      dimParam || dimValue === 0n ? -1 : Number(dimValue),
    ),
  };
}

function readTensor(message: TensorMessage): OnnxTensor {
  const { name, dims, dataType, dataLocation } = message;
  if (dataLocation !== 0) throw unsupported(`"${name}" in a separate file`);
  const type = readType(dataType, name);
  const shape = dims.map(Number);
  const data = readData(message, type);
  const size = shape.reduce((product, length) => product * length, 1);
  if (data.length !== size)
    throw notOnnx(`tensor "${name}" of shape [${shape.join(", ")}] with ${data.length} values`);
  return { name, type, shape, data };
}

function readData(message: TensorMessage, type: OnnxType): OnnxTensor["data"] {
  if (message.rawData.length > 0) {
    // Copied, because the bytes of the file need not be aligned.
    const { buffer } = Uint8Array.from(message.rawData);
    const whole = buffer.byteLength - (buffer.byteLength % bytesPerElement[type]);
    return arrayOf[type](buffer.slice(0, whole));
  }
  if (type === "float32") return Float32Array.from(message.floatData);
  if (type === "int64") return BigInt64Array.from(message.int64Data);
  if (type === "int8") return Int8Array.from(message.int32Data);
  return (type === "int32" ? Int32Array : Uint8Array).from(message.int32Data);
}

const bytesPerElement: Record<OnnxType, number> = {
  float32: 4,
  int8: 1,
  uint8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
};
const arrayOf: Record<OnnxType, (buffer: ArrayBuffer) => OnnxTensor["data"]> = {
  float32: (buffer) => new Float32Array(buffer),
  int8: (buffer) => new Int8Array(buffer),
  uint8: (buffer) => new Uint8Array(buffer),
  int32: (buffer) => new Int32Array(buffer),
  int64: (buffer) => new BigInt64Array(buffer),
  bool: (buffer) => new Uint8Array(buffer),
};

function readConstant(node: NodeMessage): OnnxTensor {
  const [value] = node.attribute;
  const name = node.output[0] ?? "";
  if (value?.type === attributeTypes.tensor && value.t) return { ...readTensor(value.t), name };
  if (value?.type === attributeTypes.float)
    return { name, type: "float32", shape: [], data: Float32Array.of(value.f) };
  if (value?.type === attributeTypes.int)
    return { name, type: "int64", shape: [], data: BigInt64Array.of(value.i) };
  if (value?.type === attributeTypes.floats)
    return {
      name,
      type: "float32",
      shape: [value.floats.length],
      data: Float32Array.from(value.floats),
    };
  if (value?.type === attributeTypes.ints)
    return {
      name,
      type: "int64",
      shape: [value.ints.length],
      data: BigInt64Array.from(value.ints),
    };
  throw unsupported(`a constant "${name}" that is neither tensor nor number`);
}

function readNode(node: NodeMessage): OnnxNode {
  const attributes = node.attribute.map(
    (attribute) => [attribute.name, readAttribute(node, attribute)] as const,
  );
  return {
    name: node.name,
    op:
      node.domain === "" || node.domain === "ai.onnx"
        ? node.opType
        : `${node.domain}.${node.opType}`,
    inputs: node.input,
    outputs: node.output,
    ...(attributes.length === 0 ? {} : { attributes: Object.fromEntries(attributes) }),
  };
}

function readAttribute(node: NodeMessage, attribute: AttributeMessage): OnnxAttribute {
  const { type } = attribute;
  if (type === attributeTypes.int) return { int: Number(attribute.i) };
  if (type === attributeTypes.float) return { float: attribute.f };
  if (type === attributeTypes.string) return { string: new TextDecoder().decode(attribute.s) };
  if (type === attributeTypes.ints) return { ints: attribute.ints.map(Number) };
  if (type === attributeTypes.floats) return { floats: attribute.floats };
  if (type === attributeTypes.tensor && attribute.t) return { tensor: readTensor(attribute.t) };
  throw unsupported(
    `attribute "${attribute.name}" (type ${type}) of node "${node.name}" (${node.opType})`,
  );
}
