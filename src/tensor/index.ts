export { createEngine } from "./engine/engine.ts";
export { tf } from "./tfjs.ts";
export { type Borders, type GraphTarget, targetFor } from "./trace/target.ts";
export { traceGraph } from "./trace/trace.ts";
export type { TracedGraph } from "./trace/traced-graph.ts";
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
