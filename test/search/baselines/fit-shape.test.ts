import { expect, test } from "vitest";
import {
  allocations,
  fitShape,
  growingWidths,
  summedCost,
  withGrowingWidths,
} from "../../../search/index.ts";
import type { Network } from "../../../src/network/network.ts";
import { packedMobilenet } from "../packed-mobilenet.ts";

const { reference, costs } = packedMobilenet;
const widthsOf = (network: Network) => [...growingWidths(network).values()];
const sum = (widths: readonly number[]) => widths.reduce((total, width) => total + width, 0);

test.each(allocations)("$label meets the budget on edges, and nearly uses it up", (allocation) => {
  const network = fitShape(packedMobilenet, allocation.weights(reference));

  const { latency_s } = summedCost(network, costs);
  expect(latency_s).toBeLessThanOrEqual(100e-6);
  expect(latency_s).toBeGreaterThan(98e-6);
  for (const width of widthsOf(network)) expect(width % 16).toBe(0);
});

test("a tilt to the early stages widens them at the cost of the late ones", () => {
  const widthsUnder = (label: string) => {
    const allocation = allocations.find((one) => one.label === label);
    return widthsOf(fitShape(packedMobilenet, allocation?.weights(reference) ?? []));
  };

  const [even, early] = [widthsUnder("uniform-on-stairs"), widthsUnder("early x4")];

  expect(sum(early.slice(0, 4))).toBeGreaterThan(sum(even.slice(0, 4)));
  expect(sum(early.slice(12))).toBeLessThan(sum(even.slice(12)));
});

test("no group becomes narrower than in the least network, whatever its share", () => {
  const least = withGrowingWidths(
    reference,
    widthsOf(reference).map((_, i) => (i === 0 ? 96 : 16)),
  );

  const network = fitShape({ ...packedMobilenet, least }, []);

  const [first, ...others] = widthsOf(network);
  expect(first).toBe(96);
  expect(sum(others)).toBeGreaterThan(13 * 16);
});

test("a budget below the narrowest network is refused as a budget", () => {
  expect(() => fitShape({ ...packedMobilenet, budget: { latency_s: 1e-6 } }, [])).toThrowError(
    expect.objectContaining({ exit: "budget" }),
  );
});
