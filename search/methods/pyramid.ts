import { tilt } from "../baselines/allocations.ts";
import { bestShape } from "../baselines/best-shape.ts";

/** What anyone can draw by hand. */
export const pyramid = bestShape({
  name: "pyramid",
  summary: "the best of three tilts, early and late stages wider, on the stairs: a control",
  shapes: () => [tilt("early x2", 2), tilt("early x4", 4), tilt("late x2", 1 / 2)],
});
