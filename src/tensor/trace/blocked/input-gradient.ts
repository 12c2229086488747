import { nchwc } from "../convert.ts";
import type { GraphBuilder } from "../graph-builder.ts";
import { axesOf, blockedFilter, operandShape, sizeOf, storedShape } from "../layout.ts";
import type { Traced } from "../traced.ts";
import { inShapeOf, type Window } from "../window.ts";
import { channelFilterOf, filledChannels } from "./convolution.ts";
import { requireLayout, scaledImage, timesPerChannel, vectorLayout } from "./linear.ts";

/** True where the image's pixels fall into whole strides and no phase of them cuts off pixels of dy. */
export const hasPhases = (window: Window): boolean =>
  window.dilations.every((dilation) => dilation === 1) &&
  ([0, 1] as const).every(
    (axis) =>
      window.in[axis] % window.strides[axis] === 0 &&
      axesOf(window.strides[axis]).every((rest) => {
        const { taps, before, after } = phaseOf(window, axis, rest);
        return taps.length === 0 || (before >= 0 && after >= 0);
      }),
  );

/**
 * The gradient of a convolution's input. Pixels of the image whose places leave the same rest by the stride meet the
 * same taps of the filter: each such phase is a convolution of dy with these taps, turned; then the phases interleave.
 * Where dy is a scaled image, the filter takes its factors in.
 */
export function blockedInputGradient(
  builder: GraphBuilder,
  dy: Traced,
  filter: Traced,
  { window, depthwise }: { readonly window: Window; readonly depthwise: boolean },
): Traced {
  const [rows, columns] = [0, 1].map((axis) =>
    axesOf(window.strides[axis] ?? 1).map((rest) => phaseOf(window, axis as 0 | 1, rest)),
  );
  const { image, factors } = scaledImage(dy) ?? { image: dy };
  const taps = (row: Phase, column: Phase): string =>
    row.taps.length === 0 || column.taps.length === 0
      ? zeros(builder, window)
      : convolved(builder, image, { row, column, window, filter, factors, depthwise });
  const lines = (rows ?? []).map((row) =>
    interleaved(
      builder,
      (columns ?? []).map((column) => taps(row, column)),
      window,
      "columns",
    ),
  );
  const shape = inShapeOf(window);
  const name = interleaved(builder, lines, window, "rows");
  const layout = requireLayout(builder);
  return builder.value(
    builder.reshapeValue(name, storedShape(shape, layout)),
    shape,
    "float32",
    layout,
  );
}

/** One phase of the pixels along an axis. */
interface Phase {
  /** Taps it meets, in the order of the pixels of dy. */
  readonly taps: readonly number[];
  /** Pixels of padding before dy and after it. */
  readonly before: number;
  readonly after: number;
}

function phaseOf(
  { size, strides, before, in: input, out }: Window,
  axis: 0 | 1,
  rest: number,
): Phase {
  const stride = strides[axis];
  const taps = axesOf(size[axis])
    .filter((tap) => (rest + before[axis] - tap) % stride === 0)
    .reverse();
  const [last = 0] = taps;
  // The pixel of dy that the first pixel of the phase meets through its first tap; below 0 it is padding.
  const first = (rest + before[axis] - last) / stride;
  const pixels = input[axis] / stride;
  return { taps, before: -first, after: first + pixels - 1 + taps.length - out[axis] };
}

interface PhaseCall {
  readonly row: Phase;
  readonly column: Phase;
  readonly window: Window;
  readonly filter: Traced;
  /** [channels of dy] */
  readonly factors: Traced | undefined;
  readonly depthwise: boolean;
}

function convolved(builder: GraphBuilder, dy: Traced, call: PhaseCall): string {
  const { row, column, depthwise, window } = call;
  const images = builder.read(builder.cleared(dy), requireLayout(builder));
  const pads = [row.before, column.before, row.after, column.after];
  const filter = depthwise ? turnedChannels(builder, call) : turnedFilter(builder, call);
  const groups = depthwise ? filledChannels(builder, window.inChannels) : 1;
  return builder.emit(`${nchwc}Conv`, [images, filter], {
    group: { int: groups },
    kernel_shape: { ints: [row.taps.length, column.taps.length] },
    pads: { ints: pads },
  });
}

/** The phase's taps of [O/B][I/B][kh kw][Bi][Bo] as a filter from dy's channels to the image's. */
function turnedFilter(builder: GraphBuilder, call: PhaseCall): string {
  const block = builder.target.block ?? 1;
  const { filter, factors, row, column, window } = call;
  const [out = 1, input = 1, ...size] = operandShape(filter.shape, blockedFilter(block));
  const stored = builder.read(builder.cleared(filter), blockedFilter(block));
  const cut = [out / block, input / block, sizeOf(size), block, block];
  const taps = pickedTaps(builder, builder.reshapeValue(stored, cut), {
    axis: 2,
    row,
    column,
    window,
  });
  const blocks = [out / block, input / block, row.taps.length * column.taps.length, block];
  return builder.reshapeValue(turnedBlocks(builder, taps, blocks, factors), [
    input,
    out,
    row.taps.length,
    column.taps.length,
  ]);
}

/**
 * [O/B][I/B][taps][Bi][Bo] with both pairs exchanged, times `factors` [O]. The blocks are turned by a product with a diagonal
 * matrix, which the runtime is several times faster at than at transposing them (docs/engine.md, lowering choices).
 */
function turnedBlocks(
  builder: GraphBuilder,
  name: string,
  [outs = 1, ins = 1, taps = 1, block = 1]: readonly number[],
  factors: Traced | undefined,
): string {
  const single = outs === 1 || ins === 1;
  const moved = single
    ? name
    : builder.emit("Transpose", [builder.reshapeValue(name, [outs, ins, -1])], {
        perm: { ints: [1, 0, 2] },
      });
  const identity = builder.tensor(identityMatrix(block), [block, block], "float32");
  const product = (inputs: readonly string[], turned: "transA" | "transB"): string =>
    builder.emit("com.microsoft.FusedMatMul", inputs, { [turned]: { int: 1 } });
  if (!factors)
    return product([builder.reshapeValue(moved, [-1, block, block]), identity], "transA");
  const vector = builder.read(
    builder.cleared(factors),
    vectorLayout(builder, sizeOf(factors.shape)),
  );
  const rows = builder.reshapeValue(vector, [outs, 1, block, 1]);
  const diagonals = builder.emit("Mul", [rows, identity]);
  const blocks = builder.reshapeValue(moved, [ins, outs, taps, block, block]);
  return product([diagonals, blocks], "transB");
}

const identityMatrix = (size: number): readonly number[] =>
  Array.from({ length: size * size }, (_, i) => Number(i % (size + 1) === 0));

/** The phase's taps of [C/B][kh kw][B]. */
function turnedChannels(
  builder: GraphBuilder,
  { filter, factors, row, column, window }: PhaseCall,
): string {
  const block = builder.target.block ?? 1;
  const [channels = 1, , ...size] = operandShape(filter.shape, channelFilterOf(builder));
  const scaled = factors ? timesPerChannel(builder, filter, factors) : filter;
  const stored = builder.read(builder.cleared(scaled), channelFilterOf(builder));
  const cut = builder.reshapeValue(stored, [channels / block, sizeOf(size), block]);
  const taps = pickedTaps(builder, cut, { axis: 1, row, column, window });
  return builder.reshapeValue(taps, [channels, 1, row.taps.length, column.taps.length]);
}

function pickedTaps(
  builder: GraphBuilder,
  filter: string,
  pick: {
    readonly axis: number;
    readonly row: Phase;
    readonly column: Phase;
    readonly window: Window;
  },
): string {
  const { row, column, window } = pick;
  const places = row.taps.flatMap((top) => column.taps.map((left) => top * window.size[1] + left));
  if (places.length === 1 && sizeOf(window.size) === 1) return filter;
  const index = builder.tensor(places, [places.length], "int32");
  return builder.emit("Gather", [filter, index], { axis: { int: pick.axis } });
}

/** A phase that no tap reaches. */
function zeros(builder: GraphBuilder, { batch, inChannels, in: input, strides }: Window): string {
  const pixels = [0, 1].map((axis) => (input[axis] ?? 1) / (strides[axis] ?? 1));
  const shape = [batch, filledChannels(builder, inChannels), ...pixels];
  return builder.emit("Expand", [builder.scalar(0), builder.ints(shape)]);
}

/** Puts the phases of one axis in turn: blocks of one pixel, or rows of them. */
function interleaved(
  builder: GraphBuilder,
  phases: readonly string[],
  { batch, inChannels, in: input, strides }: Window,
  of: "rows" | "columns",
): string {
  const [first = ""] = phases;
  if (phases.length === 1) return first;
  const block = builder.target.block ?? 1;
  const lines = (batch * filledChannels(builder, inChannels) * (input[0] / strides[0])) / block;
  const shape =
    of === "rows" ? [lines, input[1] * block] : [lines * (input[1] / strides[1]), block];
  const flat = phases.map((phase) => builder.reshapeValue(phase, shape));
  return builder.emit("Concat", flat, { axis: { int: 1 } });
}
