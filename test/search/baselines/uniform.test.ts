import { expect, test } from "vitest";
import { uniformNetwork, uniformWidths } from "../../../search/baselines/uniform.ts";
import { summedCost } from "../../../search/summed-cost.ts";
import { UserError } from "../../../src/errors.ts";
import { isWide } from "../../../src/network/layer.ts";
import type { Network } from "../../../src/network/network.ts";
import { presets } from "../../../src/network/presets.ts";
import { steppedCosts } from "../selection/formula-costs.ts";
import { pointwiseChain } from "../selection/networks.ts";

const costs = steppedCosts(8);
const widthsOf = ({ layers }: Network) => layers.filter(isWide).map(({ width }) => width);

test("half of the reference halves every width but the logits", () => {
  const reference = presets["mobilenet-v1-cifar"].build({});

  const half = uniformNetwork(reference, 0.5, { minimum: 8 });

  expect(widthsOf(half)).toEqual(
    widthsOf(presets["mobilenet-v1-cifar"].build({ multiplier: 0.5 })),
  );
});

test("the budget that a fraction of the reference costs gives at least that fraction back", () => {
  const reference = presets["vgg-cifar"].build({});
  const { latency_s, energy_j = 0 } = summedCost(uniformNetwork(reference, 0.5), costs);
  const budget = { latency_s, energy_j };

  const { multiplier, cost } = uniformWidths({ reference, costs, budget });

  expect(multiplier).toBeGreaterThanOrEqual(0.5);
  expect(cost.latency_s).toBeLessThanOrEqual(latency_s);
});

test("the multiplier is the largest that fits, to one neuron", () => {
  const reference = pointwiseChain(3, [10, 20], 5);

  const { network, multiplier, cost } = uniformWidths({
    reference,
    costs,
    // 3a + 2a² + 2a x 5 at a = 7: 21 + 98 + 70; a = 7 and 2a + 1 = 15 would take 201.
    budget: { macs: 200 },
  });

  expect(widthsOf(network)).toEqual([7, 14, 5]);
  expect(multiplier).toBeGreaterThanOrEqual(0.7);
  expect(cost).toEqual({ macs: 189 });
});

test("a budget under the narrowest network is refused as a budget", () => {
  const reference = pointwiseChain(3, [10, 20], 5);

  expect(() => uniformWidths({ reference, costs, budget: { macs: 8 } })).toThrowError(
    expect.objectContaining({ exit: "budget" }),
  );
});

test("multipliers whose cost is not known are passed over", () => {
  const reference = pointwiseChain(8, [16, 32], 10);
  const unknownBelow8: typeof costs = {
    ...costs,
    kernel: (kernel) => {
      if (kernel.outChannels < 8) throw new UserError("not measured", { hint: "profile" });
      return costs.kernel(kernel);
    },
  };
  const { latency_s } = summedCost(uniformNetwork(reference, 0.5), costs);

  const found = uniformWidths({ reference, costs: unknownBelow8, budget: { latency_s } });
  const tooSmall = () =>
    uniformWidths({ reference, costs: unknownBelow8, budget: { latency_s: 1e-9 } });

  expect(found.multiplier).toBe(0.5);
  expect(tooSmall).toThrowError(expect.objectContaining({ exit: "budget" }));
});
