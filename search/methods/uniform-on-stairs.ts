import { uniformShape } from "../baselines/allocations.ts";
import { bestShape } from "../baselines/best-shape.ts";

/** What knowing the device's stairs gives without a search. */
export const uniformOnStairsMethod = bestShape({
  name: "uniform-on-stairs",
  summary: "widths in one proportion, every one on an edge of the device's stairs: a control",
  shapes: () => [uniformShape],
});
