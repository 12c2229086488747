import type { OnnxType } from "../../onnx/graph.ts";
import type { Layout } from "./layout.ts";

/** Element types a traced tensor may have: those of tfjs, as ONNX calls them. */
export type TracedType = Extract<OnnxType, "float32" | "int32" | "bool">;

/**
 * A tensor of the program being traced. Its value may exist under several names, one per layout, or
 * not at all yet: a `base` to be broadcast, a `mask` to be turned into ones and zeros, a `constant`, an
 * `input` that takes the layout it is first asked for, or nodes that are `pending` because what follows may join them.
 */
export interface Traced {
  readonly shape: readonly number[];
  readonly type: TracedType;
  /** Names of the value in the graph, by layout. */
  readonly names: Map<Layout, string>;
  /** Smaller tensor whose broadcast to `shape` this is. */
  readonly base?: Traced;
  /** Truth values whose ones and zeros this is. */
  readonly mask?: Traced;
  readonly constant?: ArrayLike<number>;
  /** An input of the graph whose layout is still open, and the input whose layout it follows. */
  readonly input?: { readonly name: string; readonly like: string };
  readonly pending?: Pending;
  /** Where the blocked form is filled up: the value there, NaN where it is not known. Default 0. */
  readonly filling?: number;
  /** Every value is 0 or 1. */
  readonly isMask?: true;
  /** Set where max(this, 0) is already in the graph: it tells the sign of this as well. */
  rectified?: Traced;
}

/** Nodes not yet appended, of which operations that follow may take a part. */
export interface Pending {
  readonly layout: Layout;
  /** Appends the nodes and returns the name of the value in `layout`. */
  readonly emit: () => string;
  readonly linear?: Linear;
  /** Two tensors of the same shape whose product this is. */
  readonly product?: readonly [Traced, Traced];
  /** Tensors of one shape that it joins along the first axis. */
  readonly parts?: readonly Traced[];
}

/** A convolution in the blocked layout, open to a factor and a shift per channel and a sum. */
export interface Linear {
  /** The filter, or for a plain factor per channel the vector of factors. */
  readonly filter: Traced;
  /** The image, where a plain factor per channel is all there is to it. */
  readonly image?: Traced;
  /** [channels] */
  readonly shift?: Traced;
  /** Full tensor to be added. */
  readonly sum?: Traced;
  /** Appends the convolution with these parts and returns the name of its result. */
  readonly emit: (parts: LinearParts) => string;
}

export interface LinearParts {
  readonly filter: Traced;
  readonly shift?: Traced;
  readonly sum?: Traced;
}
