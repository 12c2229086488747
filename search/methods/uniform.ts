import { widthGroups } from "../../src/network/width-groups.ts";
import { uniformWidths } from "../baselines/uniform.ts";
import type { Move, SearchContext, SearchMethod } from "../method.ts";

/** The control of every search: one proportion for all widths, as large as the budget allows. */
export const uniform: SearchMethod = {
  name: "uniform",
  summary: "all widths in one proportion to the reference network's: the control",
  next: (_, context) => Promise.resolve(widest(context)),
};

function widest(context: SearchContext): Move {
  const { network, multiplier } = uniformWidths({
    ...context,
    largest: largestMultiplier(context),
  });
  return {
    deliver: { network },
    ended: `x${Number(multiplier.toFixed(3))} is the widest that fits`,
  };
}

/** Beyond it some width would pass its cap. */
const largestMultiplier = ({ reference, caps }: SearchContext): number =>
  Math.min(
    4,
    ...widthGroups(reference).map(({ name, width }) => (caps.get(name) ?? Infinity) / width),
  );
