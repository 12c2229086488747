import type { FusedActivation, TfliteNode, TflitePadding, TfliteType } from "./graph.ts";

/**
 * Numbers of TensorFlow Lite's FlatBuffers schema, version 3: the position of every field in its table, and the values
 * of its enumerations, as tensorflow/compiler/mlir/lite/schema/schema.fbs has them. What checks them is Google's LiteRT, which reads them
 * in test/network/export-tflite.test.ts.
 */

export const fileIdentifier = "TFL3";
export const schemaVersion = 3;

export const modelFields = {
  count: 5,
  version: 0,
  operatorCodes: 1,
  subgraphs: 2,
  description: 3,
  buffers: 4,
} as const;

/** Codes up to 126 stand in both code fields, for readers older than the wide one. */
export const operatorCodeFields = {
  count: 4,
  deprecatedBuiltinCode: 0,
  version: 2,
  builtinCode: 3,
} as const;

export const subgraphFields = {
  count: 5,
  tensors: 0,
  inputs: 1,
  outputs: 2,
  operators: 3,
  name: 4,
} as const;

export const tensorFields = {
  count: 5,
  shape: 0,
  type: 1,
  buffer: 2,
  name: 3,
  quantization: 4,
} as const;

export const quantizationFields = { count: 7, scale: 2, zeroPoint: 3, dimension: 6 } as const;

export const bufferFields = { count: 1, data: 0 } as const;

export const operatorFields = {
  count: 5,
  opcodeIndex: 0,
  inputs: 1,
  outputs: 2,
  optionsType: 3,
  options: 4,
} as const;

export const tensorTypes: { readonly [T in TfliteType]: number } = {
  float32: 0,
  int32: 2,
  int8: 9,
};

export const paddings: { readonly [P in TflitePadding]: number } = { same: 0, valid: 1 };

export const fusedActivations: { readonly [A in FusedActivation]: number } = {
  none: 0,
  relu: 1,
  relu6: 3,
};

/** BuiltinOperator. */
export const operatorCodes: { readonly [O in TfliteNode["op"]]: number } = {
  add: 0,
  average_pool: 1,
  concatenation: 2,
  conv2d: 3,
  depthwise_conv2d: 4,
  dequantize: 6,
  fully_connected: 9,
  logistic: 14,
  max_pool: 17,
  mul: 18,
  relu: 19,
  relu6: 21,
  reshape: 22,
  tanh: 28,
  gather: 36,
  mean: 40,
  exp: 47,
  slice: 65,
  log: 73,
  abs: 101,
  quantize: 114,
};

/** The first version of an operator that computes in int8 (tensorflow/lite/tools/versioning/op_version.cc). */
export const int8Version = (op: TfliteNode["op"]): number =>
  ({ conv2d: 3, depthwise_conv2d: 3, fully_connected: 4, reshape: 1, quantize: 1 })[op as string] ??
  2;
