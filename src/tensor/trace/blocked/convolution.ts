import { nchwc } from "../convert.ts";
import type { GraphBuilder } from "../graph-builder.ts";
import {
  blockedFilter,
  channelFilter,
  type Layout,
  nchw,
  operandShape,
  sameShape,
  storedShape,
  thinFilter,
} from "../layout.ts";
import type { Traced } from "../traced.ts";
import { outShapeOf, type Window } from "../window.ts";
import { isBlockedImage, linear, optionalInputs, requireLayout } from "./linear.ts";

/** The filter's layout in which a convolution runs blocked here; undefined where it does not. */
export function filterLayoutFor(
  builder: GraphBuilder,
  x: Traced | undefined,
  filter: Traced,
  { inChannels, outChannels }: Window,
): Layout | undefined {
  const { block } = builder.target;
  if (!block || outChannels === 1) return undefined;
  const known = builder.layouts(filter);
  const [wide, thin] = [blockedFilter(block), thinFilter(block)];
  if (known.includes(wide)) return wide;
  if (known.includes(thin)) return thin;
  if (inChannels >= block) return wide;
  if (inChannels > 1 && x && isBlockedImage(builder, x)) return wide;
  return thin;
}

/** A convolution in the blocked layout, left open for what follows to join it. */
export function blockedConvolution(
  builder: GraphBuilder,
  x: Traced,
  filter: Traced,
  { window, layout }: { readonly window: Window; readonly layout: Layout },
): Traced {
  const image = isThin(layout) ? nchw : requireLayout(builder);
  return builder.once(`convolution ${JSON.stringify(window)}`, [x, filter], () =>
    linear(builder, outShapeOf(window), {
      filter,
      emit: (parts) =>
        builder.emit(
          `${nchwc}Conv`,
          [
            builder.read(isThin(layout) ? x : builder.cleared(x), image),
            filterOperand(builder, parts.filter, layout),
            ...optionalInputs(builder, parts),
          ],
          windowAttributes(window),
        ),
    }),
  );
}

/** A filter in its blocked layout and in the shape convolutions read it in. */
export function filterOperand(builder: GraphBuilder, filter: Traced, layout: Layout): string {
  const name = builder.read(builder.cleared(filter), layout);
  const shape = operandShape(filter.shape, layout);
  return sameShape(shape, storedShape(filter.shape, layout))
    ? name
    : builder.reshapeValue(name, shape);
}

export const isThin = (layout: Layout): boolean => layout.startsWith("d2");

/** The same for a convolution that keeps channels apart. */
export function blockedDepthwise(
  builder: GraphBuilder,
  x: Traced,
  filter: Traced,
  window: Window,
): Traced {
  const layout = requireLayout(builder);
  const [channels = 1] = storedShape([window.inChannels], vectorOfFilter(builder));
  return linear(builder, outShapeOf(window), {
    filter,
    emit: (parts) =>
      builder.emit(
        `${nchwc}Conv`,
        [
          builder.read(builder.cleared(x), layout),
          filterOperand(builder, parts.filter, channelFilterOf(builder)),
          ...optionalInputs(builder, parts),
        ],
        { ...windowAttributes(window), group: { int: channels } },
      ),
  });
}

export const channelFilterOf = ({ target }: GraphBuilder): Layout =>
  channelFilter(target.block ?? 1);
const vectorOfFilter = ({ target }: GraphBuilder): Layout => `aa:${target.block ?? 1}`;

/** Channels filled up to whole blocks. */
export const filledChannels = (builder: GraphBuilder, channels: number): number =>
  storedShape([channels], vectorOfFilter(builder))[0] ?? channels;

const windowAttributes = ({ size, strides, dilations, before, after }: Window) => ({
  kernel_shape: { ints: size },
  strides: { ints: strides },
  dilations: { ints: dilations },
  pads: { ints: [...before, ...after] },
});
