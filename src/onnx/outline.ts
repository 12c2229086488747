/** The structure of an ONNX model, by any writer: its nodes and the shapes of its constants, without their weights. */

/** What a node, input or constant holds: names of ONNX's element types, "other" where there is no short one. */
export type ElementType =
  | "float32"
  | "float16"
  | "float64"
  | "bfloat16"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "bool"
  | "other";

export interface OutlineValue {
  readonly name: string;
  readonly type: ElementType;
  /** -1 where the model leaves a dimension free. */
  readonly shape: readonly number[];
}

export interface OutlineTensor extends OutlineValue {
  /** Numbers of small tensors (axes, bounds, sizes); absent for weights and where they lie in another file. */
  readonly values?: readonly number[];
}

export type OutlineAttribute = number | string | readonly number[] | OutlineTensor;

export interface OutlineNode {
  /** The node's own name, else that of its first output. */
  readonly name: string;
  /** Operators of other domains than ONNX's own with the domain before a dot. */
  readonly op: string;
  /** "" leaves an optional input out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Attributes that are no number, list of numbers, text or tensor are left out. */
  readonly attributes: ReadonlyMap<string, OutlineAttribute>;
}

export interface ModelOutline {
  readonly name: string;
  /** Version of ONNX's own operators. */
  readonly opset: number;
  readonly inputs: readonly OutlineValue[];
  readonly outputs: readonly OutlineValue[];
  readonly constants: readonly OutlineTensor[];
  /** Every node after those whose outputs it reads. */
  readonly nodes: readonly OutlineNode[];
  /** Shapes of values between nodes, as far as the writer noted them. */
  readonly noted: readonly OutlineValue[];
}
