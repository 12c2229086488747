import type { OnnxGraph } from "../../onnx/graph.ts";
import type { Layout } from "./layout.ts";

/** A graph whose inputs and outputs may be stored in another order than the program sees: their layouts by name. */
export interface TracedGraph extends OnnxGraph {
  readonly layouts: ReadonlyMap<string, Layout>;
  /** Shapes of the outputs as the program sees them, by name. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** State that stands in one vector among the inputs and the outputs. */
  readonly packs: readonly Pack[];
}

/** The name fn gave a result: the tracer marks those that an input also has. */
export const resultKey = (output: string): string => output.replace(/:out_\d+$/, "");

/** State inputs that a graph takes, and leaves, one after the other in one vector. */
export interface Pack {
  /** Of the vector among the graph's inputs, and among its outputs. */
  readonly input: string;
  readonly output: string;
  readonly size: number;
  readonly members: readonly PackMember[];
}

export interface PackMember {
  readonly name: string;
  /** Place of its first value, and how many there are. */
  readonly offset: number;
  readonly size: number;
}
