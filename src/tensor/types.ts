import type { tf } from "./tfjs.ts";

/** Where a function runs: compiled to ONNX on a provider of ONNX Runtime, or eagerly on a backend of tfjs. */
export const backendNames = [
  "onnx-cpu",
  "onnx-webgpu",
  "onnx-cuda",
  "tfjs-node-gpu",
  "tfjs-node",
  "tfjs-cpu",
] as const;
export type BackendName = (typeof backendNames)[number];

export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32" | "bool";
}

/** A tensor's values in row-major order; bool as one byte each. */
export interface TensorValue extends TensorSpec {
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/** A computation in tf ops. It must not read values: while compiling there are none. */
export type TensorFunction = (
  inputs: Readonly<Record<string, tf.Tensor>>,
) => Record<string, tf.Tensor>;

/**
 * The inputs that are kept from run to run, such as parameters, each with the input whose layout in memory it takes:
 * itself, or for an optimiser's slot the parameter. A compiled program may keep them in the layout it works in.
 */
export type TensorState = Readonly<Record<string, string>>;

export interface CompileOptions {
  readonly state?: TensorState;
  /** Images that go from one program to another: these inputs and outputs are in the layout that convolutions work in. */
  readonly handedOn?: readonly string[];
}

/** One function made ready for fixed input shapes. */
export interface Program {
  /**
   * Throws when an input is missing or has another shape or type. Outputs may be fed back without a copy; those of
   * `state` inputs, and those handed on, are put in row-major order only when their data is asked for.
   */
  run(inputs: Readonly<Record<string, TensorValue>>): Promise<Record<string, TensorValue>>;
  /** The same values with those of `state` inputs in the layout the program keeps them in: to be given again and again. */
  arrange(values: Readonly<Record<string, TensorValue>>): Record<string, TensorValue>;
  readonly traceMs: number;
  readonly sessionMs: number;
  /** Nodes of the traced graph; 0 when eager. */
  readonly nodes: number;
  release(): Promise<void>;
}

export interface Engine {
  readonly backend: BackendName;
  /** Threads of one run; absent where the backend decides. */
  readonly threads?: number;
  compile(
    name: string,
    fn: TensorFunction,
    inputs: Readonly<Record<string, TensorSpec>>,
    options?: CompileOptions,
  ): Promise<Program>;
  close(): Promise<void>;
}
