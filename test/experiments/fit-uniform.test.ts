import { expect, test } from "vitest";
import { fitUniform } from "../../experiments/headroom/fit-uniform.ts";
import { widthsText } from "../../experiments/widths.ts";
import { growingWidths, summedCost, uniformNetwork } from "../../search/index.ts";
import { packedMobilenet } from "../search/packed-mobilenet.ts";

test("uniform widths are multiples of 8 in one proportion, the largest network that fits", () => {
  const network = fitUniform(packedMobilenet);

  const [first = 0, ...others] = [...growingWidths(network).values()];
  expect(first % 8).toBe(0);
  expect(new Set(others.slice(5, 11)).size).toBe(1);
  expect(summedCost(network, packedMobilenet.costs).latency_s).toBeLessThanOrEqual(100e-6);
});

test("uniform widths are multiples of the block where no multiples of 8 fit", () => {
  const { reference, costs } = packedMobilenet;
  const narrowest = uniformNetwork(reference, 1e-3, { granularity: 16 });
  const { latency_s } = summedCost(narrowest, costs);

  const network = fitUniform({ ...packedMobilenet, granularity: 16, budget: { latency_s } });

  expect([...growingWidths(network).values()]).toEqual([...growingWidths(narrowest).values()]);
});

test("equal neighbours are written together", () => {
  expect(widthsText([8, 16, 24, 24, 24, 8])).toBe("8-16-24x3-8");
});
