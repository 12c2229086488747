import { uniformWidths, widestWithin } from "../baselines/uniform.ts";
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
    largest: widestWithin(context.reference, context.caps),
  });
  return {
    deliver: { network },
    ended: `x${Number(multiplier.toFixed(3))} is the widest that fits`,
  };
}
