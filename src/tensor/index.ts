export { createEngine } from "./engine/engine.ts";
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
