export { createEngine } from "./engine/engine.ts";
export type { FallbackListener } from "./engine/fallback.ts";
export { tf } from "./tfjs.ts";
export { type Borders, type GraphTarget, targetFor } from "./trace/target.ts";
export { type TraceOptions, traceGraph } from "./trace/trace.ts";
export type { Pack, PackMember, TracedGraph } from "./trace/traced-graph.ts";
export {
  type BackendName,
  backendNames,
  type CompileOptions,
  type Engine,
  type Program,
  type TensorFunction,
  type TensorSpec,
  type TensorState,
  type TensorValue,
} from "./types.ts";
