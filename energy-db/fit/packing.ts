import type { Kernel } from "../../src/network/kernel.ts";
import { type Axis, hasOneAxis } from "./plane.ts";

/**
 * How a runtime packs the channels of an axis. Packed kernels compute whole blocks, so cost is constant up to the next
 * multiple of `block`: a stair. Widths that are no multiple of `align` cannot be packed and run on other, slower kernels.
 * 1 means neither.
 */
export interface Packing {
  readonly block: number;
  readonly align: number;
}

/** The packing along a family's two axes; an operation that keeps its channel count has only `in`. */
export type Structure = { readonly [A in Axis]: Packing };

export const unpacked: Packing = { block: 1, align: 1 };
export const smooth: Structure = { in: unpacked, out: unpacked };

/** One term of a kernel's cost: a name and how often it counts. Costs are linear in them, with no negative coefficient. */
export interface Term {
  readonly name: string;
  readonly value: number;
}

/**
 * Which kernels of the runtime a width leads to. Packed; narrow: less than a block of input channels, which layers that mix
 * channels read unpacked, after a reorder where they came packed; plain: not aligned, so neither input nor kernel is packed.
 */
export type Regime = "packed" | "narrow" | "plain";

export function regimeOf(kernel: Kernel, { in: packing }: Structure): Regime {
  const { inChannels } = kernel;
  if (!hasOneAxis(kernel) && inChannels < packing.block) return "narrow";
  return inChannels % packing.align === 0 ? "packed" : "plain";
}

/** Widths are counted in these, so that coefficients of all families are of one size. */
const unit = 16;

/** Blocks that a width fills when packed; as many as it has when not. */
const blocks = (width: number, block: number): number => (block * Math.ceil(width / block)) / unit;

/**
 * What a kernel's cost is made of, in its regime: x + y + x y, for reading, writing and multiplying, and (x y)^1.5, since
 * weights that outgrow a cache cost more each; then what it costs the next layer when the two differ in layout. The constant
 * of a call into the kernel is not here: it is shared by all families of an operation.
 */
export function termsOf(
  kernel: Kernel,
  structure: Structure,
  regime = regimeOf(kernel, structure),
): readonly Term[] {
  const { in: input, out: output } = structure;
  const { inChannels, outChannels } = kernel;
  const isPlain = regime === "plain";
  const x = blocks(inChannels, isPlain || regime === "narrow" ? 1 : input.block);
  if (hasOneAxis(kernel)) return [{ name: `${regime} x`, value: x }];
  const y = blocks(outChannels, isPlain ? 1 : output.block);
  const terms = [
    { name: `${regime} x`, value: x },
    { name: `${regime} y`, value: y },
    { name: `${regime} xy`, value: x * y },
  ];
  if (regime === "packed") terms.push({ name: `${regime} xy^1.5`, value: (x * y) ** 1.5 / unit });
  const packsOutput = outChannels % output.align === 0;
  if (isPlain === packsOutput)
    terms.push({ name: isPlain ? "pack y" : "unpack y", value: outChannels / unit });
  return terms;
}
