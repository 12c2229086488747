import type { Kernel } from "../../src/network/kernel.ts";
import type { CostTable } from "../answers/cost-table.ts";
import type { CostAnswer } from "../records.ts";

/** Grey, colour, colour and depth: a first layer's input is what it is. */
const mostImageChannels = 4;

/**
 * What a space of a platform answers of a kernel, told what its other spaces know of alignment: a space of which every width is aligned
 * cannot tell that others are slower, and answers for none.
 */
export function asked(
  costs: Pick<CostTable, "alignment" | "tryCost">,
  kernel: Kernel,
  alignment: number,
): CostAnswer | undefined {
  const tells = costs.alignment >= alignment || isAligned(kernel, alignment);
  return tells ? costs.tryCost(kernel) : undefined;
}

/** The smallest alignment that any of a platform's spaces shows: one that is wider there may be for want of widths between. */
export function alignmentOf(tables: readonly Pick<CostTable, "alignment">[]): number {
  const shown = tables.map((costs) => costs.alignment).filter((alignment) => alignment > 1);
  return shown.length > 0 ? Math.min(...shown) : 1;
}

/** Dense layers are packed by no channels. */
const isAligned = ({ op, inChannels, outChannels }: Kernel, alignment: number): boolean =>
  op === "dense" ||
  (outChannels % alignment === 0 &&
    (inChannels % alignment === 0 || inChannels <= mostImageChannels));
