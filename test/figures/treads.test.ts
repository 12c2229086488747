import { expect, test } from "vitest";
import { type CurveRow, treads } from "../../src/figures/index.ts";

const at = (width: number, value: number): CurveRow => ({
  layer: "conv2",
  kernel: "conv2d 3x3",
  width,
  latency_s: { value, provenance: "measured" },
});

test("a tread ends at a multiple of the step and lies at the median of its points", () => {
  const rows = [at(17, 5), at(1, 1), at(8, 2), at(16, 9), at(32, 7)];

  expect(treads(rows, 16)).toEqual([
    { layer: "conv2", step: 16, from: 1, to: 16, latency_s: 2 },
    { layer: "conv2", step: 16, from: 17, to: 32, latency_s: 6 },
  ]);
});

test("a tread on which nothing was measured is not drawn", () => {
  const tops = treads([at(4, 1), at(60, 2)], 16).map(({ to }) => to);

  expect(tops).toEqual([16, 64]);
});
