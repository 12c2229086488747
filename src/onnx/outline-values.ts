import protobuf from "protobufjs";
import type { ElementType } from "./outline.ts";
import type { OutlineTensorMessage } from "./schema.ts";

/** TensorProto.DataType of onnx.proto. */
const namesByNumber: Readonly<Record<number, ElementType>> = {
  1: "float32",
  2: "uint8",
  3: "int8",
  4: "uint16",
  5: "int16",
  6: "int32",
  7: "int64",
  9: "bool",
  10: "float16",
  11: "float64",
  12: "uint32",
  13: "uint64",
  16: "bfloat16",
};

export const elementTypeOf = (number: number): ElementType => namesByNumber[number] ?? "other";

/** Axes, bounds, sizes and orders of channels are shorter; nothing is asked of the values of weights, which mostly are longer. */
const mostValues = 4096;

/** The numbers of a small tensor inside the file; undefined for all others. */
export function smallValues(
  message: OutlineTensorMessage,
  shape: readonly number[],
): readonly number[] | undefined {
  const count = shape.reduce((product, length) => product * length, 1);
  if (!(count <= mostValues) || message.dataLocation !== 0) return undefined;
  const values = valuesOf(message);
  return values?.length === count ? values : undefined;
}

function valuesOf(message: OutlineTensorMessage): readonly number[] | undefined {
  const type = elementTypeOf(message.dataType);
  if (message.rawData.length > 0) return rawReaders[type]?.(viewOf(message.rawData));
  if (type === "float32") return fromEach(viewOf(message.floatData), 4, "getFloat32");
  if (type === "int64") return varints(message.int64Data);
  return type === "int32" || type === "int8" || type === "uint8" || type === "bool"
    ? varints(message.int32Data)
    : undefined;
}

type Getter = "getFloat32" | "getFloat64" | "getInt32" | "getInt8" | "getUint8";

const rawReaders: Partial<Record<ElementType, (view: DataView) => readonly number[]>> = {
  float32: (view) => fromEach(view, 4, "getFloat32"),
  float64: (view) => fromEach(view, 8, "getFloat64"),
  int32: (view) => fromEach(view, 4, "getInt32"),
  int64: (view) => each(view, 8).map((at) => Number(view.getBigInt64(at, true))),
  int8: (view) => fromEach(view, 1, "getInt8"),
  uint8: (view) => fromEach(view, 1, "getUint8"),
  bool: (view) => fromEach(view, 1, "getUint8"),
};

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

const each = ({ byteLength }: DataView, size: number): readonly number[] =>
  Array.from({ length: Math.floor(byteLength / size) }, (_, i) => i * size);

const fromEach = (view: DataView, size: number, read: Getter): readonly number[] =>
  each(view, size).map((at) => view[read](at, true));

/** Packed protobuf integers, negative ones in ten bytes. */
function varints(bytes: Uint8Array): readonly number[] {
  const reader = protobuf.Reader.create(bytes);
  const values: number[] = [];
  while (reader.pos < reader.len) values.push(Number(reader.int64()));
  return values;
}
