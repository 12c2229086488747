import fc from "fast-check";
import { expect, test } from "vitest";
import type { CostModel } from "../../../search/cost-model.ts";
import { networkQuantities } from "../../../search/quantities.ts";
import { candidateWidths } from "../../../search/selection/candidate-widths.ts";
import { requireCosts } from "../../../search/selection/require-costs.ts";
import { UserError } from "../../../src/errors.ts";
import { withWidths } from "../../../src/network/network.ts";
import { steppedCosts } from "./formula-costs.ts";
import { pointwiseChain } from "./networks.ts";

const network = pointwiseChain(16, [8, 24], 10);
const caps = new Map([
  ["conv1", 32],
  ["conv2", 40],
]);
const budget = { latency_s: 1 };

test("on stairs of 8 the candidates are the ends of treads, none below the first edge", () => {
  const candidates = candidateWidths({ network, costs: steppedCosts(8), budget, caps });

  expect(Object.fromEntries(candidates)).toEqual({
    conv1: [8, 16, 24, 32],
    conv2: [8, 16, 24, 32, 40],
  });
});

test("where 8 channels cost more than 16, none below 16 is offered", () => {
  const dip: CostModel = {
    ...steppedCosts(8),
    kernel: (kernel) => {
      const { latency_s } = steppedCosts(8).kernel(kernel);
      return { latency_s: latency_s * (kernel.outChannels <= 8 ? 1.8 : 1) };
    },
  };

  const candidates = candidateWidths({ network, costs: dip, budget, caps });

  expect(candidates.get("conv1")).toEqual([16, 24, 32]);
});

test("a cap inside a tread is its last candidate, and other groups double", () => {
  const candidates = candidateWidths({
    network,
    costs: steppedCosts(8),
    budget,
    caps: new Map([["conv1", 21]]),
  });

  expect(candidates.get("conv1")).toEqual([8, 16, 21]);
  expect(candidates.get("conv2")).toEqual([8, 16, 24, 32, 40, 48]);
});

test("costs that rise with every channel offer every multiple of the granularity, thinned where they are many", () => {
  const smooth = steppedCosts(1);
  const wide = { ...budget, energy_j: 1 };

  const all = candidateWidths({ network, costs: smooth, budget: wide, caps, granularity: 4 });
  const few = candidateWidths({
    network,
    costs: smooth,
    budget,
    caps: new Map([["conv1", 1000]]),
    most: 20,
  });

  expect(all.get("conv1")).toEqual([4, 8, 12, 16, 20, 24, 28, 32]);
  expect(few.get("conv1")?.length).toBeLessThanOrEqual(20);
  expect(few.get("conv1")).toEqual(expect.arrayContaining([1, 1000]));
});

test("where outputs alone are rounded up the candidates are still the ends of treads, though every channel costs", () => {
  const candidates = candidateWidths({ network, costs: steppedCosts(8, 1), budget, caps });

  expect(Object.fromEntries(candidates)).toEqual({
    conv1: [8, 16, 24, 32],
    conv2: [8, 16, 24, 32, 40],
  });
});

test("costs that bend, or jump once, are no stairs", () => {
  const power = fc.double({ min: 0.3, max: 2, noNaN: true });
  const jump = fc.integer({ min: 2, max: 60 });
  fc.assert(
    fc.property(power, jump, (exponent, at) => {
      const costs: CostModel = {
        ...steppedCosts(1),
        kernel: ({ inChannels, outChannels }) => ({
          latency_s: 1e-6 * ((inChannels * outChannels) ** exponent + (outChannels > at ? 9 : 0)),
        }),
      };

      const candidates = candidateWidths({
        network,
        costs,
        budget,
        caps: new Map([
          ["conv1", 64],
          ["conv2", 64],
        ]),
      });

      expect(candidates.get("conv1")).toHaveLength(64);
      expect(candidates.get("conv2")).toHaveLength(64);
    }),
    { numRuns: 60 },
  );
});

test("where only counts are limited the device has no say", () => {
  const candidates = candidateWidths({
    network,
    costs: steppedCosts(8),
    budget: { macs: 1e6 },
    caps: new Map([
      ["conv1", 3],
      ["conv2", 2],
    ]),
  });

  expect(Object.fromEntries(candidates)).toEqual({ conv1: [1, 2, 3], conv2: [1, 2] });
});

test("every width has a candidate at least as wide that costs no more, whatever the steps", () => {
  const width = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), width, width, (step, first, second) => {
      const costs = steppedCosts(step);
      const open = new Map([
        ["conv1", 40],
        ["conv2", 40],
      ]);

      const candidates = candidateWidths({ network, costs, budget, caps: open });

      const up = (group: string, from: number) =>
        candidates.get(group)?.find((candidate) => candidate >= from) ?? Number.NaN;
      const cost = (a: number, b: number) =>
        networkQuantities(
          withWidths(
            network,
            new Map([
              ["conv1", a],
              ["conv2", b],
            ]),
          ),
          costs,
          ["latency_s"],
        ).latency_s ?? Number.NaN;
      expect(cost(up("conv1", first), up("conv2", second))).toBeLessThanOrEqual(
        cost(first, second) * (1 + 1e-9),
      );
    }),
    { numRuns: 60, seed: 4 },
  );
});

/** Knows kernels up to 32 output channels, and none of more than 600 weights. */
const partial: CostModel = {
  ...steppedCosts(8),
  source: "a small table",
  kernel: (kernel) => {
    if (kernel.outChannels > 32 || kernel.inChannels * kernel.outChannels > 600)
      throw new UserError("not measured", { hint: "profile" });
    return steppedCosts(8).kernel(kernel);
  },
};

test("widths whose costs nobody knows are not offered", () => {
  const candidates = candidateWidths({ network, costs: partial, budget, caps });
  const byCount = candidateWidths({ network, costs: partial, budget: { macs: 1e6 }, caps });

  expect(candidates.get("conv2")).toEqual([8, 16, 24, 32]);
  expect(byCount.get("conv2")).toHaveLength(32);
});

test("a rectangle of widths with an unknown corner is refused, with what to profile", () => {
  const widths = new Map([
    ["conv1", [8, 16, 24]],
    ["conv2", [8, 24, 32]],
  ]);

  expect(() => requireCosts(network, widths, partial)).toThrowError(
    expect.objectContaining({
      message:
        "The search may need costs that a small table does not know: conv2 (24 -> 32 channels)",
      exit: "unavailable",
      hint: expect.stringContaining("wattsplit profile"),
    }),
  );
  expect(() => requireCosts(network, new Map([["conv1", [8, 16]]]), partial)).not.toThrow();
});
