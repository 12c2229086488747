export { createEngine } from "./engine/engine.ts";
export { tf } from "./tfjs.ts";
export type { TracedGraph } from "./trace/graph-builder.ts";
export { type Borders, type GraphTarget, targetFor } from "./trace/target.ts";
export { traceGraph } from "./trace/trace.ts";
export type {
  BackendName,
  CompileOptions,
  Engine,
  Program,
  TensorFunction,
  TensorSpec,
  TensorState,
  TensorValue,
} from "./types.ts";
