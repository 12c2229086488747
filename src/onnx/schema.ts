import protobuf from "protobufjs";

/** ONNX element types by name, with the number that stands for them in a file (onnx.proto, TensorProto.DataType). */
export const elementTypes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
} as const;

/** Numbers of the attribute types that are read and written (onnx.proto, AttributeProto.AttributeType). */
export const attributeTypes = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  floats: 6,
  ints: 7,
} as const;

const field = (id: number, type: string): protobuf.IField => ({ id, type });
const repeated = (id: number, type: string, packed?: boolean): protobuf.IField => ({
  id,
  type,
  rule: "repeated",
  ...(packed === undefined ? {} : { options: { packed } }),
});

/** The part of onnx.proto that graphs of tensors need; field numbers as published. */
const messages: Record<string, protobuf.IType> = {
  ModelProto: {
    fields: {
      irVersion: field(1, "int64"),
      producerName: field(2, "string"),
      graph: field(7, "GraphProto"),
      opsetImport: repeated(8, "OperatorSetIdProto"),
      metadataProps: repeated(14, "StringStringEntryProto"),
    },
  },
  OperatorSetIdProto: { fields: { domain: field(1, "string"), version: field(2, "int64") } },
  StringStringEntryProto: { fields: { key: field(1, "string"), value: field(2, "string") } },
  GraphProto: {
    fields: {
      node: repeated(1, "NodeProto"),
      name: field(2, "string"),
      initializer: repeated(5, "TensorProto"),
      input: repeated(11, "ValueInfoProto"),
      output: repeated(12, "ValueInfoProto"),
    },
  },
  NodeProto: {
    fields: {
      input: repeated(1, "string"),
      output: repeated(2, "string"),
      name: field(3, "string"),
      opType: field(4, "string"),
      attribute: repeated(5, "AttributeProto"),
      domain: field(7, "string"),
    },
  },
  AttributeProto: {
    fields: {
      name: field(1, "string"),
      f: field(2, "float"),
      i: field(3, "int64"),
      s: field(4, "bytes"),
      t: field(5, "TensorProto"),
      floats: repeated(7, "float", false),
      ints: repeated(8, "int64", false),
      type: field(20, "int32"),
    },
  },
  TensorProto: {
    fields: {
      dims: repeated(1, "int64", false),
      dataType: field(2, "int32"),
      floatData: repeated(4, "float", true),
      int32Data: repeated(5, "int32", true),
      int64Data: repeated(7, "int64", true),
      name: field(8, "string"),
      rawData: field(9, "bytes"),
      dataLocation: field(14, "int32"),
    },
  },
  ValueInfoProto: { fields: { name: field(1, "string"), type: field(2, "TypeProto") } },
  TypeProto: { fields: { tensorType: field(1, "TensorTypeProto") } },
  TensorTypeProto: {
    fields: { elemType: field(1, "int32"), shape: field(2, "TensorShapeProto") },
  },
  TensorShapeProto: { fields: { dim: repeated(1, "DimensionProto") } },
  DimensionProto: { fields: { dimValue: field(1, "int64"), dimParam: field(2, "string") } },
};

const modelOf = (nested: Record<string, protobuf.IType>): protobuf.Type =>
  protobuf.Root.fromJSON({ nested }).lookupType("ModelProto");

/** The reflected message type of an ONNX file. */
export const modelType = modelOf(messages);

/**
 * The same for readers of the structure: the data of a tensor stays the bytes it is in the file, so that weights cost
 * nothing, and shapes that the writer noted are read.
 */
export const outlineType = modelOf({
  ...messages,
  GraphProto: {
    fields: { ...messages.GraphProto?.fields, valueInfo: repeated(13, "ValueInfoProto") },
  },
  TensorProto: {
    fields: {
      ...messages.TensorProto?.fields,
      floatData: field(4, "bytes"),
      int32Data: field(5, "bytes"),
      int64Data: field(7, "bytes"),
    },
  },
});

/** What `modelType` decodes to with every default filled in, and what it encodes from. */
export interface ModelMessage {
  readonly irVersion: bigint;
  readonly producerName: string;
  readonly graph: GraphMessage | null;
  readonly opsetImport: readonly { readonly domain: string; readonly version: bigint }[];
  readonly metadataProps: readonly { readonly key: string; readonly value: string }[];
}

export interface GraphMessage {
  readonly name: string;
  readonly node: readonly NodeMessage[];
  readonly initializer: readonly TensorMessage[];
  readonly input: readonly ValueMessage[];
  readonly output: readonly ValueMessage[];
}

export interface NodeMessage {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly attribute: readonly AttributeMessage[];
}

export interface AttributeMessage {
  readonly name: string;
  readonly type: number;
  readonly f: number;
  readonly i: bigint;
  readonly s: Uint8Array;
  readonly t: TensorMessage | null;
  readonly floats: readonly number[];
  readonly ints: readonly bigint[];
}

export interface TensorMessage {
  readonly dims: readonly bigint[];
  readonly dataType: number;
  readonly floatData: readonly number[];
  readonly int32Data: readonly number[];
  readonly int64Data: readonly bigint[];
  readonly name: string;
  readonly rawData: Uint8Array;
  readonly dataLocation: number;
}

/** What `outlineType` decodes a tensor to: data as the bytes of the file. */
export interface OutlineTensorMessage
  extends Omit<TensorMessage, "floatData" | "int32Data" | "int64Data"> {
  readonly floatData: Uint8Array;
  readonly int32Data: Uint8Array;
  readonly int64Data: Uint8Array;
}

/** What `outlineType` decodes to. */
export interface OutlineModelMessage extends Omit<ModelMessage, "graph"> {
  readonly graph:
    | (Omit<GraphMessage, "initializer"> & {
        readonly initializer: readonly OutlineTensorMessage[];
        readonly valueInfo: readonly ValueMessage[];
      })
    | null;
}

export interface ValueMessage {
  readonly name: string;
  readonly type: {
    readonly tensorType: {
      readonly elemType: number;
      readonly shape: { readonly dim: readonly DimensionMessage[] } | null;
    } | null;
  } | null;
}

interface DimensionMessage {
  readonly dimValue: bigint;
  readonly dimParam: string;
}
