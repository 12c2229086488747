import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import protobuf from "protobufjs";
import { UserError } from "../errors.ts";
import { notOnnx } from "./decode.ts";
import type {
  ModelOutline,
  OutlineAttribute,
  OutlineNode,
  OutlineTensor,
  OutlineValue,
} from "./outline.ts";
import { elementTypeOf, smallValues } from "./outline-values.ts";
import {
  type AttributeMessage,
  attributeTypes,
  type NodeMessage,
  type OutlineModelMessage,
  type OutlineTensorMessage,
  outlineType,
  type ValueMessage,
} from "./schema.ts";
import { inOrder } from "./topological-order.ts";
import { requireSmallStructure } from "./wire-budget.ts";

/** Protocol buffers end there, and so does what an ONNX file can hold without external data. */
const largestFile_bytes = 2 ** 31 - 1;

/** Before it, operators had other attributes; ONNX 1.4 (2019) wrote 9. */
const oldestOpset = 9;

/** The outline of an ONNX file. Throws a UserError on what is no such file; files that it refers to are not opened. */
export function readOutline(path: string): ModelOutline {
  return parseOutline(readFile(path), path);
}

function readFile(path: string): Uint8Array {
  let file: number;
  try {
    // A named pipe would block until somebody writes; Windows has none, and no such flag.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    throw new UserError(`Cannot read the ONNX file ${path}`, {
      hint: "Check the path.",
      exit: "usage",
      cause,
    });
  }
  try {
    const state = fstatSync(file);
    if (!state.isFile())
      throw new UserError(`${path} is no file`, { hint: "Give an ONNX file.", exit: "usage" });
    if (state.size > largestFile_bytes)
      throw new UserError(`${path} is larger than 2 GiB, which no ONNX file can be`, {
        hint: "Save the weights as external data: the costs of a model do not depend on them.",
        exit: "usage",
      });
    return readWhole(file, state.size);
  } finally {
    closeSync(file);
  }
}

function readWhole(file: number, size: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(size);
  let filled = 0;
  while (filled < size) {
    const count = readSync(file, bytes, filled, size - filled, filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

/**
 * The outline of an ONNX model's bytes; `source` names them in errors. Time and memory are bounded by the model's
 * structure, and weights are not looked at. Throws a UserError on foreign or truncated bytes, opsets before 9,
 * structures too large, nodes in a cycle, values given twice and values that nothing gives.
 */
export function parseOutline(bytes: Uint8Array, source: string): ModelOutline {
  const { graph, opsetImport } = parse(bytes, source);
  const opset = opsetImport.find(({ domain }) => domain === "" || domain === "ai.onnx")?.version;
  if (!graph || opset === undefined) throw notOnnx(`${source}, which holds no ONNX graph`);
  if (Number(opset) < oldestOpset)
    throw new UserError(`${source} is of opset ${opset}, expected ${oldestOpset} or newer`, {
      hint: "Export the model anew, or convert it with onnx.version_converter.",
      exit: "usage",
    });
  const nodes = graph.node.map(readNode);
  const constants = [...graph.initializer.map(readTensor), ...nodes.flatMap(constantOf)];
  const initialized = new Set(constants.map(({ name }) => name));
  // Old writers list every initialiser among the inputs as well.
  const inputs = graph.input.filter(({ name }) => !initialized.has(name)).map(readValue);
  return {
    name: graph.name,
    opset: Number(opset),
    inputs,
    outputs: graph.output.map(readValue),
    constants,
    nodes: inOrder(
      nodes.filter((node) => constantOf(node).length === 0),
      [...inputs, ...constants].map(({ name }) => name),
      source,
    ),
    noted: graph.valueInfo.map(readValue),
  };
}

function parse(bytes: Uint8Array, source: string): OutlineModelMessage {
  try {
    requireSmallStructure(bytes, outlineType);
    const reader = protobuf.Reader.create(bytes);
    reader.discardUnknown = true;
    const options = { longs: BigInt, defaults: true, arrays: true };
    return outlineType.toObject(outlineType.decode(reader), options) as OutlineModelMessage;
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw notOnnx(`${source}, ${bytes.length} bytes that cannot be parsed`, cause);
  }
}

function readValue({ name, type }: ValueMessage): OutlineValue {
  const tensor = type?.tensorType;
  return {
    name,
    type: elementTypeOf(tensor?.elemType ?? 0),
    shape: (tensor?.shape?.dim ?? []).map(({ dimParam, dimValue }) =>
      dimParam || dimValue <= 0n ? -1 : Number(dimValue),
    ),
  };
}

function readTensor(message: OutlineTensorMessage): OutlineTensor {
  const shape = message.dims.map(Number);
  const values = smallValues(message, shape);
  return {
    name: message.name,
    type: elementTypeOf(message.dataType),
    shape,
    ...(values ? { values } : {}),
  };
}

function readNode(node: NodeMessage): OutlineNode {
  const attributes = node.attribute.flatMap((attribute): [string, OutlineAttribute][] => {
    const value = readAttribute(attribute);
    return value === undefined ? [] : [[attribute.name, value]];
  });
  return {
    name: node.name || (node.output.find((name) => name !== "") ?? ""),
    op:
      node.domain === "" || node.domain === "ai.onnx"
        ? node.opType
        : `${node.domain}.${node.opType}`,
    inputs: node.input,
    outputs: node.output,
    attributes: new Map(attributes),
  };
}

const attributeReaders: Readonly<
  Record<number, (attribute: AttributeMessage) => OutlineAttribute | undefined>
> = {
  [attributeTypes.int]: ({ i }) => Number(i),
  [attributeTypes.float]: ({ f }) => f,
  [attributeTypes.string]: ({ s }) => new TextDecoder().decode(s),
  [attributeTypes.ints]: ({ ints }) => ints.map(Number),
  [attributeTypes.floats]: ({ floats }) => floats,
  [attributeTypes.tensor]: ({ t }) => (t ? readTensor(t as never) : undefined),
};

const readAttribute = (attribute: AttributeMessage): OutlineAttribute | undefined =>
  attributeReaders[attribute.type]?.(attribute);

/** A Constant node as the constant that it is; none for other nodes. */
function constantOf({ op, outputs, attributes }: OutlineNode): OutlineTensor[] {
  const [name] = outputs;
  const [[attribute, value] = []] = attributes;
  if (op !== "Constant" || name === undefined || value === undefined || typeof value === "string")
    return [];
  if (typeof value === "object" && "shape" in value) return [{ ...value, name }];
  const type = attribute?.startsWith("value_float") ? "float32" : "int64";
  return typeof value === "number"
    ? [{ name, type, shape: [], values: [value] }]
    : [{ name, type, shape: [value.length], values: value }];
}
