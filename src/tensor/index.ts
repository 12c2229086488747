export { decodeModel } from "./onnx/decode.ts";
export { encodeModel } from "./onnx/encode.ts";
export type * from "./onnx/graph.ts";
export { tf } from "./tfjs.ts";
export type {
  BackendName,
  Engine,
  Program,
  TensorFunction,
  TensorSpec,
  TensorValue,
} from "./types.ts";
