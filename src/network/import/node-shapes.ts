import { UserError } from "../../errors.ts";
import type { ModelOutline, OutlineNode } from "../../onnx/index.ts";
import { type Known, type KnownValue, sizeOf } from "./node-values.ts";
import { shapeRules } from "./shape-rules.ts";

/** Shapes of every value of the model at batch 1. Throws a UserError that names what cannot be known. */
export function inferShapes(model: ModelOutline, source: string): Known {
  const known = new Map<string, KnownValue>(
    model.noted
      .filter(({ shape }) => shape.every((length) => length > 0))
      .map(({ name, shape }) => [name, { shape }]),
  );
  for (const input of model.inputs) known.set(input.name, { shape: inputShape(input, source) });
  for (const { name, shape, values } of model.constants) {
    if (!isSound(shape)) throw unsound(`${source}: constant "${name}" would be`, shape);
    known.set(name, { shape, ...(values ? { values } : {}) });
  }
  for (const node of model.nodes)
    for (const [i, value] of valuesOf(node, known, source).entries())
      known.set(node.outputs[i] ?? "", checked(value, node, source));
  return known;
}

function inputShape(
  { name, shape }: { readonly name: string; readonly shape: readonly number[] },
  source: string,
): readonly number[] {
  const fixed = shape.map((length, axis) => (axis === 0 && length === -1 ? 1 : length));
  if (fixed.every((length) => length > 0)) return fixed;
  throw new UserError(
    `${source}: input "${name}" has a free size: [${shape.map((length) => (length === -1 ? "?" : length)).join(", ")}]`,
    { hint: "Export the model for one image size; only the batch may stay free.", exit: "usage" },
  );
}

/** Kernels beyond this are no model of a phone or board, but a file that lies about its sizes. */
const largest = 2 ** 40;

function checked(value: KnownValue, node: OutlineNode, source: string): KnownValue {
  if (isSound(value.shape)) return value;
  throw unsound(`${source}: node "${node.name}" (${node.op}) would give`, value.shape);
}

const isSound = (shape: readonly number[]): boolean =>
  shape.length <= 8 &&
  shape.every((length) => Number.isInteger(length) && length >= 0) &&
  sizeOf(shape) <= largest;

const unsound = (what: string, shape: readonly number[]): UserError =>
  new UserError(`${what} a tensor of [${shape.slice(0, 8).join(", ")}]`, {
    hint: "The model's shapes do not fit together; check it with onnx.checker.",
    exit: "usage",
  });

function valuesOf(node: OutlineNode, known: Known, source: string): readonly KnownValue[] {
  const inputs = node.inputs.map((name) => known.get(name) ?? { shape: [] });
  const found = ruled(inputs, node, source);
  return node.outputs.map((name, i) => {
    const value = found[i] ?? known.get(name);
    if (value) return value;
    // Masks, moments and indices that nothing reads are given by many operators beside their result.
    if (i > 0) return { shape: [] };
    throw new UserError(
      `${source}: the shape of node "${node.name}" (${node.op}) cannot be told before running the model`,
      {
        hint: "Export with fixed sizes, or note the shapes: onnx.shape_inference.infer_shapes.",
        exit: "usage",
      },
    );
  });
}

function ruled(
  inputs: readonly KnownValue[],
  node: OutlineNode,
  source: string,
): readonly KnownValue[] {
  if (!Object.hasOwn(shapeRules, node.op)) return [];
  try {
    return shapeRules[node.op]?.(inputs, node) ?? [];
  } catch (cause) {
    // Axes outside of a tensor, lengths that are no length.
    if (!(cause instanceof RangeError)) throw cause;
    return [checked({ shape: [Number.NaN] }, node, source)];
  }
}
