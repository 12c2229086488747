import { expect, test } from "vitest";
import { allocations } from "../../experiments/headroom/allocations.ts";
import { type FitRequest, fitShape, fitUniform } from "../../experiments/headroom/fit-shape.ts";
import { growingWidths, widthsText } from "../../experiments/widths.ts";
import { networkCost } from "../../search/index.ts";
import { presets } from "../../src/network/presets.ts";
import { packedPlatform } from "../support/packed-platform.ts";

const reference = presets["mobilenet-v1-cifar"].build({});
const costs = {
  source: "a packed platform",
  overhead: { latency_s: packedPlatform.call_s },
  kernel: (kernel: Parameters<typeof packedPlatform.kernel_s>[0]) => ({
    latency_s: packedPlatform.kernel_s(kernel),
  }),
};
const request: FitRequest = {
  reference,
  costs,
  budget_s: 100e-6,
  caps: growingWidths(reference),
  block: 16,
};
const widthsOf = (network: typeof reference) => [...growingWidths(network).values()];

test.each(allocations)("$label meets the budget on edges, and nearly uses it up", (allocation) => {
  const network = fitShape(request, allocation.weights(reference));

  const { latency_s } = networkCost(network, costs);
  expect(latency_s).toBeLessThanOrEqual(request.budget_s);
  expect(latency_s).toBeGreaterThan(0.98 * request.budget_s);
  for (const width of widthsOf(network)) expect(width % 16).toBe(0);
});

test("a tilt to the early stages widens them at the cost of the late ones", () => {
  const widthsUnder = (label: string) => {
    const allocation = allocations.find((one) => one.label === label);
    return widthsOf(fitShape(request, allocation?.weights(reference) ?? []));
  };

  const [even, early] = [widthsUnder("uniform-on-stairs"), widthsUnder("early x4")];

  const sum = (widths: readonly number[]) => widths.reduce((total, width) => total + width, 0);
  expect(sum(early.slice(0, 4))).toBeGreaterThan(sum(even.slice(0, 4)));
  expect(sum(early.slice(12))).toBeLessThan(sum(even.slice(12)));
});

test("uniform widths are multiples of 8 in one proportion, the largest network that fits", () => {
  const network = fitUniform(request);

  const [first = 0, ...others] = widthsOf(network);
  expect(first % 8).toBe(0);
  expect(new Set(others.slice(5, 11)).size).toBe(1);
  expect(networkCost(network, costs).latency_s).toBeLessThanOrEqual(request.budget_s);
});

test("a budget below the narrowest network is refused as a budget", () => {
  expect(() => fitShape({ ...request, budget_s: 1e-6 }, [])).toThrowError(
    expect.objectContaining({ exit: "budget" }),
  );
});

test("equal neighbours are written together", () => {
  expect(widthsText([8, 16, 24, 24, 24, 8])).toBe("8-16-24x3-8");
});
