/** A TensorFlow Lite model as plain records; encode.ts writes them, schema.ts numbers them. */

export type TfliteType = "float32" | "int32" | "int8";

/**
 * Real value = scale (stored value - zero point): one of each for the tensor, or for every slice along an axis.
 */
export interface Quantization {
  readonly scales: readonly number[];
  readonly zeroPoints: readonly number[];
  /** Of the slices; 0 where there is one scale. */
  readonly axis: number;
}

/** A tensor: a constant where it has data. */
export interface TfliteTensor {
  readonly name: string;
  readonly type: TfliteType;
  readonly shape: readonly number[];
  readonly data?: Float32Array | Int32Array | Int8Array;
  /** Absent for real values and for plain integers. */
  readonly quantization?: Quantization;
}

/** What the format calls VALID and SAME, with TensorFlow's rule for the odd pixel. */
export type TflitePadding = "same" | "valid";

/** Activations that operators hold themselves. */
export type FusedActivation = "none" | "relu" | "relu6";

interface Strides {
  readonly padding: TflitePadding;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly activation: FusedActivation;
}

/** Options by operator; those without a member here need none. */
export type TfliteOperation =
  | ({ readonly op: "conv2d" | "depthwise_conv2d" } & Strides)
  | ({
      readonly op: "max_pool" | "average_pool";
      readonly filterHeight: number;
      readonly filterWidth: number;
    } & Strides)
  | {
      readonly op: "fully_connected";
      readonly keepDimensions: boolean;
      readonly activation: FusedActivation;
    }
  | { readonly op: "add" | "mul"; readonly activation: FusedActivation }
  | { readonly op: "concatenation" | "gather"; readonly axis: number }
  | { readonly op: "mean"; readonly keepDimensions: boolean }
  | { readonly op: "reshape"; readonly shape: readonly number[] }
  | {
      readonly op:
        | "slice"
        | "relu"
        | "relu6"
        | "logistic"
        | "tanh"
        | "exp"
        | "log"
        | "abs"
        | "quantize"
        | "dequantize";
    };

/** One operator; tensors by name. */
export type TfliteNode = TfliteOperation & {
  readonly inputs: readonly string[];
  readonly output: string;
};

/** One subgraph; every node stands after those whose outputs it reads. */
export interface TfliteGraph {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly tensors: readonly TfliteTensor[];
  readonly nodes: readonly TfliteNode[];
}
