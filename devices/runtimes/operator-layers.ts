import type { OperatorOutline } from "../../src/tflite/index.ts";
import type { ProfiledOperator } from "./benchmark-model.ts";
import { ownerByName } from "./owner-by-name.ts";

type Op = OperatorOutline["op"];

/** What XNNPACK calls an operator's work; it computes 1 x 1 convolutions as dense layers where that is faster. */
const xnnpackTypes: { readonly [O in Op]: RegExp } = {
  conv2d: /Convolution|Fully Connected/,
  depthwise_conv2d: /Convolution|VMulCAddC/,
  fully_connected: /Fully Connected/,
  max_pool: /Max Pooling/,
  average_pool: /Average Pooling/,
  mean: /Mean|Sum|Global Average Pooling/,
  add: /Add/,
  concatenation: /Concatenate/,
  mul: /Multiply/,
  reshape: /Reshape|Copy/,
  slice: /Slice/,
  gather: /Gather/,
  relu: /Clamp|ReLU/i,
  relu6: /Clamp|ReLU/i,
  logistic: /Sigmoid/,
  tanh: /TanH/i,
  exp: /Exp/,
  log: /Log/,
  abs: /Abs/,
  quantize: /Convert|Quantize/i,
  dequantize: /Convert|Dequantize/i,
};

/** Time of each layer in one run, and how many operators it is the sum of. */
export interface LayerTimes {
  readonly nodes: readonly number[];
  readonly times_s: Float64Array;
}

/**
 * Gives every row of a profile to a layer. Rows of the interpreter are named after the tensor they write, which is named
 * after its layer. Rows of a delegate say only what kind of work they are, in the network's order: each belongs to the
 * next operator of that kind; work of no operator's kind, as a change of layout, to the layer that follows. Undefined where a
 * row cannot be told: several parts of a network are numbered alike and added up, or a delegate is one row.
 */
export function layerTimes(
  profile: readonly ProfiledOperator[],
  operators: readonly OperatorOutline[],
  layers: readonly string[],
): LayerTimes | undefined {
  const owners = operators.map(({ output }) => ownerByName(output.name, layers));
  const nodes = layers.map(() => 0);
  const times_s = new Float64Array(layers.length);
  let next = 0;
  for (const row of profile) {
    const place = placeOf(row, operators, next);
    if (!place) return undefined;
    next = place.next;
    const owner = owners.slice(place.at).find((candidate) => candidate !== undefined);
    // After the last layer only the output's shape changes.
    if (owner === undefined) continue;
    nodes[owner] = (nodes[owner] ?? 0) + 1;
    times_s[owner] = (times_s[owner] ?? 0) + row.time_s;
  }
  const isWhole = operators.every(
    ({ op }, i) => !weighty.has(op) || (nodes[owners[i] ?? -1] ?? 0) > 0,
  );
  return isWhole ? { nodes, times_s } : undefined;
}

/** The operator that a row is about, or that needed it, and where the search for the next row's begins. */
function placeOf(
  { type, name, callsPerRun }: ProfiledOperator,
  operators: readonly OperatorOutline[],
  next: number,
): { readonly at: number; readonly next: number } | undefined {
  if (/Delegate/.test(type) || callsPerRun !== 1) return undefined;
  const isDelegates = name.startsWith("Delegate/");
  const at = isDelegates
    ? operators.findIndex(({ op }, i) => i >= next && xnnpackTypes[op].test(type))
    : operators.findIndex(({ output }) => name.startsWith(`[${output.name}]`));
  if (at >= 0) return { at, next: at + 1 };
  return isDelegates && !isKnown(type) ? { at: next, next } : undefined;
}

/** A profile without one of these has not been understood. */
const weighty: ReadonlySet<Op> = new Set(["conv2d", "depthwise_conv2d", "fully_connected"]);

const isKnown = (type: string): boolean =>
  Object.values(xnnpackTypes).some((known) => known.test(type));
