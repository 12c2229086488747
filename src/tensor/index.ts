export { createEngine } from "./engine/engine.ts";
export { decodeModel } from "./onnx/decode.ts";
export { encodeModel } from "./onnx/encode.ts";
export type * from "./onnx/graph.ts";
export { tf } from "./tfjs.ts";
export { traceGraph } from "./trace/trace.ts";
export type {
  BackendName,
  Engine,
  Program,
  TensorFunction,
  TensorSpec,
  TensorValue,
} from "./types.ts";
