import type { OnnxAttribute } from "../../onnx/graph.ts";
import {
  blockingOf,
  isBlocked,
  isFilledUp,
  keepsOrder,
  type Layout,
  nchw,
  permutationBetween,
  plainLayout,
  sameBytes,
  sameShape,
  storedShape,
} from "./layout.ts";

/** What of a graph builder a conversion needs. */
interface Emitter {
  emit(
    op: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
  ): string;
  ints(values: readonly number[]): string;
  reshapeValue(name: string, shape: readonly number[]): string;
}

/** A value of the graph in one layout. */
interface Form {
  readonly name: string;
  readonly shape: readonly number[];
  readonly layout: Layout;
  readonly isFloat: boolean;
}

/** The operator's domain for the blocked layout. */
export const nchwc = "com.microsoft.nchwc.";

/** Appends what takes a value to another layout and returns its name there. */
export function convert(builder: Emitter, form: Form, to: Layout): string {
  const { name, shape, layout: from } = form;
  if (from === to) return name;
  if (sameBytes(shape, from, to)) return reshaped(builder, form, to);
  if (!isBlocked(from) && !isBlocked(to))
    return builder.emit("Transpose", [name], { perm: { ints: permutationBetween(from, to) } });
  if (isBlocked(from)) {
    const [unblocked, layout] = isImage(form, from)
      ? reorderOutput(builder, form, to)
      : unblock(builder, form);
    return convert(builder, { ...form, name: unblocked, layout }, to);
  }
  if (isImage(form, to)) return reorderInput(builder, form);
  return block(builder, { ...form, name: convert(builder, form, plainLayout(shape.length)) }, to);
}

const isImage = ({ isFloat }: Form, layout: Layout): boolean =>
  isFloat && layout.startsWith("0d12d");

function reshaped(builder: Emitter, { name, shape, layout }: Form, to: Layout): string {
  const [before, after] = [layout, to].map((one) => storedShape(shape, one));
  return sameShape(before ?? [], after ?? []) ? name : builder.reshapeValue(name, after ?? []);
}

/** As NCHW, or at once as the program sees it, which runs on one thread but needs no transpose. */
function reorderOutput(
  builder: Emitter,
  { name, shape }: Form,
  to: Layout,
): readonly [string, Layout] {
  const channels = { int: shape[3] ?? 1 };
  const plain = plainLayout(4);
  if (to !== plain) return [builder.emit(`${nchwc}ReorderOutput`, [name], { channels }), nchw];
  const attributes = { channels, channels_last: { int: 1 } };
  return [builder.emit(`${nchwc}ReorderOutput`, [name], attributes), plain];
}

/** ONNX Runtime takes channels in fours and fills the last block with zeros itself. */
const channelStep = 4;

function reorderInput(builder: Emitter, form: Form): string {
  const channels = form.shape[3] ?? 1;
  const plain = plainLayout(4);
  const whole = channels % channelStep === 0;
  if (whole && form.layout === plain)
    return builder.emit(`${nchwc}ReorderInput`, [form.name], { channels_last: { int: 1 } });
  const stored = convert(builder, form, nchw);
  if (whole) return builder.emit(`${nchwc}ReorderInput`, [stored]);
  const filled = channels + channelStep - (channels % channelStep);
  const pads = builder.ints([0, 0, 0, 0, 0, filled - channels, 0, 0]);
  return builder.emit(`${nchwc}ReorderInput`, [builder.emit("Pad", [stored, pads])]);
}

/** From a blocked layout to the plain one, for what is no image: weights, which are small. */
function unblock(builder: Emitter, { name, shape, layout }: Form): readonly [string, Layout] {
  const { filled, split, order } = blockingOf(shape, layout);
  const stored = order.map((axis) => split[axis] ?? 1);
  const back = split.map((_, axis) => order.indexOf(axis));
  const turned = keepsOrder(split, order)
    ? name
    : builder.emit("Transpose", [builder.reshapeValue(name, stored)], { perm: { ints: back } });
  const whole = builder.reshapeValue(turned, filled);
  const plain = plainLayout(shape.length);
  if (!isFilledUp(shape, layout)) return [whole, plain];
  const bounds = [shape.map(() => 0), shape].map((values) => builder.ints(values));
  return [builder.emit("Slice", [whole, ...bounds]), plain];
}

/** From the plain layout to a blocked one, as above. */
function block(builder: Emitter, { name, shape }: Form, to: Layout): string {
  const { filled, split, order } = blockingOf(shape, to);
  const pads = [
    ...shape.map(() => 0),
    ...shape.map((length, axis) => (filled[axis] ?? 1) - length),
  ];
  const padded = isFilledUp(shape, to) ? builder.emit("Pad", [name, builder.ints(pads)]) : name;
  const turned = keepsOrder(split, order)
    ? padded
    : builder.emit("Transpose", [builder.reshapeValue(padded, split)], { perm: { ints: order } });
  return builder.reshapeValue(turned, storedShape(shape, to));
}
