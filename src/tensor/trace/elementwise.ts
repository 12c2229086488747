import type { OnnxAttribute } from "../../onnx/graph.ts";
import { tf } from "../tfjs.ts";
import type { GraphBuilder } from "./graph-builder.ts";
import { type Layout, plainLayout, sameShape, type Traced, type TracedType } from "./traced.ts";

interface Elementwise {
  readonly op: string;
  readonly operands: readonly Traced[];
  /** Default: the first operand's. */
  readonly type?: TracedType;
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

/**
 * Appends an operator that works element by element. It runs in the layout in which most operands
 * already are, and before any pending broadcast: op(broadcast(a)) is broadcast(op(a)).
 */
export function elementwise(builder: GraphBuilder, node: Elementwise): Traced {
  const [first] = node.operands;
  if (!first) throw new Error(`${node.op} without operands`);
  const operands = node.operands.map(stripBroadcast);
  const shape = operands.map((operand) => operand.shape).reduce(broadcastShape);
  const layout = commonLayout(builder, operands, shape);
  const names = operands.map((operand) => builder.readBroadcast(operand, shape.length, layout));
  const type = node.type ?? first.type;
  const value = builder.value(builder.emit(node.op, names, node.attributes), shape, type, layout);
  return broadcastTo(value, node.operands.map((operand) => operand.shape).reduce(broadcastShape));
}

/** `traced` repeated to `shape`, without any node until somebody needs the whole of it. */
export const broadcastTo = (traced: Traced, shape: readonly number[]): Traced =>
  sameShape(traced.shape, shape)
    ? traced
    : { shape, type: traced.type, names: new Map(), base: stripBroadcast(traced) };

/** A tensor of one value throughout. */
export const filled = (value: number, shape: readonly number[], type: TracedType): Traced =>
  broadcastTo({ shape: [], type, names: new Map(), constant: [value] }, shape);

/** The value of a tensor known to be the same everywhere, else undefined. */
export function uniformValue(traced: Traced): number | undefined {
  const { constant } = traced.base ?? traced;
  return constant?.length === 1 ? constant[0] : undefined;
}

/** The tensor before a pending broadcast. */
export const stripBroadcast = (traced: Traced): Traced =>
  traced.names.size === 0 && traced.base ? traced.base : traced;

export const broadcastShape = (one: readonly number[], other: readonly number[]): number[] =>
  tf.broadcast_util.assertAndGetBroadcastShape([...one], [...other]);

/** The layout most full-size operands have; among equals the one the first of them got first. */
export function commonLayout(
  builder: GraphBuilder,
  operands: readonly Traced[],
  shape: readonly number[],
): Layout {
  const votes = new Map<Layout, number>();
  for (const operand of operands)
    if (sameShape(operand.shape, shape))
      for (const layout of builder.layouts(operand.mask ?? operand))
        votes.set(layout, (votes.get(layout) ?? 0) + 1);
  const [best] = [...votes].sort(([, one], [, other]) => other - one);
  return best?.[0] ?? plainLayout(shape.length);
}
