import type { tf } from "../tfjs.ts";
import type { GraphBuilder } from "./graph-builder.ts";
import type { Traced } from "./traced.ts";

/** One call of a tfjs kernel while tracing. */
export interface KernelCall {
  readonly kernel: string;
  readonly builder: GraphBuilder;
  /** Inputs by the name the kernel gives them. */
  readonly inputs: Readonly<Record<string, Traced>>;
  readonly attrs: Readonly<Record<string, unknown>>;
}

/** Appends to the graph what a kernel computes. */
export type KernelRule = (call: KernelCall) => Traced | readonly Traced[];

/** Rules by kernel name. */
export type KernelRules = Readonly<Record<string, KernelRule>>;

/** The input called `name`, which the kernel's own contract promises. */
export function inputOf({ kernel, inputs }: KernelCall, name: string): Traced {
  const found = inputs[name];
  if (!found) throw new Error(`Kernel ${kernel} was called without input "${name}"`);
  return found;
}

/** Inputs of kernels that take a list, in order. */
export const inputsOf = ({ inputs }: KernelCall): readonly Traced[] => Object.values(inputs);

/** An attribute as the kernel's own contract types it. */
export function attrOf<T>({ attrs }: KernelCall, name: string): T {
  // tfjs hands attributes over untyped; its kernel contracts say what they are.
  return attrs[name] as T;
}

export type Pad = tf.backend_util.ExplicitPadding | "valid" | "same" | number;
