/** ONNX graphs as plain records: what the tracer and the exporter build, and the writer and reader translate. */

export type OnnxType = "float32" | "int8" | "uint8" | "int32" | "int64" | "bool";

export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  /** -1 where the model leaves a dimension free. */
  readonly shape: readonly number[];
}

export interface OnnxTensor extends OnnxValue {
  /** bool as one byte each. */
  readonly data: Float32Array | Int8Array | Int32Array | BigInt64Array | Uint8Array;
}

export type OnnxAttribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly tensor: OnnxTensor };

export interface OnnxNode {
  readonly name: string;
  readonly op: string;
  /** "" leaves an optional input out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxGraph {
  readonly name: string;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly initializers: readonly OnnxTensor[];
  readonly nodes: readonly OnnxNode[];
  /** Free key-value metadata of the model. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Opset 17 and IR version 8: every runtime of interest reads them. */
export const onnxOpset = 17;
export const onnxIrVersion = 8;
