import { Builder } from "flatbuffers";
import type { Quantization, TfliteGraph, TfliteNode, TfliteTensor } from "./graph.ts";
import { writeOptions } from "./options.ts";
import {
  bufferFields,
  fileIdentifier,
  int8Version,
  modelFields,
  operatorCodeFields,
  operatorCodes,
  operatorFields,
  quantizationFields,
  schemaVersion,
  subgraphFields,
  tensorFields,
  tensorTypes,
} from "./schema.ts";
import { float32s, int32s, int64s, offsets } from "./vectors.ts";

/** Readers map files into memory and want constants where vector instructions can read them. */
const dataAlignment = 16;

/** The bytes of a .tflite file. */
export function encodeTflite(graph: TfliteGraph): Uint8Array {
  const builder = new Builder(1 << 16);
  const buffers = bufferNumbers(graph.tensors);
  const data = [
    // The format keeps buffer 0 empty, for tensors without data.
    undefined,
    ...graph.tensors.flatMap((tensor) => (tensor.data ? [tensor.data] : [])),
  ];
  const bufferOffsets = offsets(
    builder,
    data.map((values) => writeBuffer(builder, values)),
  );
  const ops = [...new Set(graph.nodes.map(({ op }) => op))];
  const codeOffsets = offsets(
    builder,
    ops.map((op) => writeOperatorCode(builder, operatorCodes[op], versionOf(graph, op))),
  );
  const subgraphs = offsets(builder, [writeSubgraph(builder, graph, buffers, ops)]);
  const description = builder.createString("wattsplit");
  builder.startObject(modelFields.count);
  builder.addFieldInt32(modelFields.version, schemaVersion, 0);
  builder.addFieldOffset(modelFields.operatorCodes, codeOffsets, 0);
  builder.addFieldOffset(modelFields.subgraphs, subgraphs, 0);
  builder.addFieldOffset(modelFields.description, description, 0);
  builder.addFieldOffset(modelFields.buffers, bufferOffsets, 0);
  builder.finish(builder.endObject(), fileIdentifier);
  return builder.asUint8Array();
}

function versionOf({ nodes, tensors }: TfliteGraph, op: TfliteNode["op"]): number {
  const names = new Set(nodes.flatMap((node) => (node.op === op ? [node.inputs[0]] : [])));
  const isInt8 = tensors.some(({ name, type }) => type === "int8" && names.has(name));
  return isInt8 ? int8Version(op) : 1;
}

/** Number of each tensor's buffer: 0 without data, else counted from 1. */
function bufferNumbers(tensors: readonly TfliteTensor[]): readonly number[] {
  let last = 0;
  return tensors.map(({ data }) => {
    if (data) last++;
    return data ? last : 0;
  });
}

function writeBuffer(builder: Builder, values: TfliteTensor["data"] | undefined): number {
  const bytes = values && new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  // The library aligns vectors of bytes to 4 only.
  if (bytes) builder.prep(dataAlignment, bytes.length);
  const data = bytes && builder.createByteVector(bytes);
  builder.startObject(bufferFields.count);
  if (data !== undefined) builder.addFieldOffset(bufferFields.data, data, 0);
  return builder.endObject();
}

function writeOperatorCode(builder: Builder, code: number, version: number): number {
  builder.startObject(operatorCodeFields.count);
  builder.addFieldInt8(operatorCodeFields.deprecatedBuiltinCode, code, 0);
  builder.addFieldInt32(operatorCodeFields.version, version, 1);
  builder.addFieldInt32(operatorCodeFields.builtinCode, code, 0);
  return builder.endObject();
}

function writeSubgraph(
  builder: Builder,
  graph: TfliteGraph,
  buffers: readonly number[],
  ops: readonly TfliteNode["op"][],
): number {
  const numbers = new Map(graph.tensors.map(({ name }, i) => [name, i]));
  const numbersOf = (names: readonly string[]): readonly number[] =>
    names.map((name) => {
      const number = numbers.get(name);
      if (number === undefined) throw new Error(`No tensor is called "${name}"`);
      return number;
    });
  const tensors = offsets(
    builder,
    graph.tensors.map((tensor, i) => writeTensor(builder, tensor, buffers[i] ?? 0)),
  );
  const operators = offsets(
    builder,
    graph.nodes.map((node) => writeOperator(builder, node, ops.indexOf(node.op), numbersOf)),
  );
  const inputs = int32s(builder, numbersOf(graph.inputs));
  const outputs = int32s(builder, numbersOf(graph.outputs));
  const name = builder.createString(graph.name);
  builder.startObject(subgraphFields.count);
  builder.addFieldOffset(subgraphFields.tensors, tensors, 0);
  builder.addFieldOffset(subgraphFields.inputs, inputs, 0);
  builder.addFieldOffset(subgraphFields.outputs, outputs, 0);
  builder.addFieldOffset(subgraphFields.operators, operators, 0);
  builder.addFieldOffset(subgraphFields.name, name, 0);
  return builder.endObject();
}

function writeTensor(
  builder: Builder,
  { name, type, shape, quantization }: TfliteTensor,
  buffer: number,
): number {
  const [shapeOffset, nameOffset] = [int32s(builder, shape), builder.createString(name)];
  const quantized = quantization && writeQuantization(builder, quantization);
  builder.startObject(tensorFields.count);
  builder.addFieldOffset(tensorFields.shape, shapeOffset, 0);
  builder.addFieldInt8(tensorFields.type, tensorTypes[type], 0);
  builder.addFieldInt32(tensorFields.buffer, buffer, 0);
  builder.addFieldOffset(tensorFields.name, nameOffset, 0);
  if (quantized !== undefined) builder.addFieldOffset(tensorFields.quantization, quantized, 0);
  return builder.endObject();
}

function writeQuantization(builder: Builder, { scales, zeroPoints, axis }: Quantization): number {
  const [scale, zeroPoint] = [float32s(builder, scales), int64s(builder, zeroPoints)];
  builder.startObject(quantizationFields.count);
  builder.addFieldOffset(quantizationFields.scale, scale, 0);
  builder.addFieldOffset(quantizationFields.zeroPoint, zeroPoint, 0);
  builder.addFieldInt32(quantizationFields.dimension, axis, 0);
  return builder.endObject();
}

function writeOperator(
  builder: Builder,
  node: TfliteNode,
  opcodeIndex: number,
  numbersOf: (names: readonly string[]) => readonly number[],
): number {
  const inputs = int32s(builder, numbersOf(node.inputs));
  const outputs = int32s(builder, numbersOf([node.output]));
  const options = writeOptions(builder, node);
  builder.startObject(operatorFields.count);
  builder.addFieldInt32(operatorFields.opcodeIndex, opcodeIndex, 0);
  builder.addFieldOffset(operatorFields.inputs, inputs, 0);
  builder.addFieldOffset(operatorFields.outputs, outputs, 0);
  if (options) {
    builder.addFieldInt8(operatorFields.optionsType, options.type, 0);
    builder.addFieldOffset(operatorFields.options, options.offset, 0);
  }
  return builder.endObject();
}
