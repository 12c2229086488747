import { randomShape } from "../baselines/allocations.ts";
import { bestShape } from "../baselines/best-shape.ts";
import { plannedEpochs } from "../growth/growth-note.ts";

/** The control that matters most: as much training as the default search plans, spent on widths drawn by chance. */
export const randomWidths = bestShape({
  name: "random-widths",
  summary:
    "the best of widths drawn by chance, for as much training as the default search: a control",
  shapes: (context) => {
    const count = Math.max(2, Math.round(plannedEpochs(context) / context.recipe.finalistEpochs));
    return Array.from({ length: count }, (_, i) => randomShape(1000 * context.seed + i + 1));
  },
});
