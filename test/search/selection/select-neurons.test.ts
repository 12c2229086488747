import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { meetsBudget, networkQuantities } from "../../../search/quantities.ts";
import { selectNeurons } from "../../../search/splitting/selection/select-neurons.ts";
import { UserError } from "../../../src/errors.ts";
import { networkMacs } from "../../../src/network/costs.ts";
import { withWidths } from "../../../src/network/network.ts";
import { linearKnapsack } from "../../support/reference/linear-knapsack.ts";
import { steppedCosts, withoutEnergy } from "./formula-costs.ts";
import { pointwiseChain, randomGains, seedNetwork } from "./networks.ts";

const costs = steppedCosts(8);
const both = ["latency_s", "energy_j"] as const;

describe("selection over whole networks", () => {
  test.each(["mnist-cnn", "mobilenet-v1-cifar", "vgg-cifar", "resnet-cifar"] as const)(
    "on %s under two limits the grown network meets both, at the cost stated",
    (name) => {
      // Widths of 4 and 8 leave a handful of choices, far from any relaxation: twice as many do not.
      const network = seedNetwork(name, { factor: 2 });
      const now = networkQuantities(network, costs, both);
      const budget = {
        latency_s: 1.15 * (now.latency_s ?? 0),
        energy_j: 1.12 * (now.energy_j ?? 0),
      };

      const selection = selectNeurons({ network, gains: randomGains(network, 1), costs, budget });

      const grown = withWidths(network, selection.widths);
      expect(meetsBudget(networkQuantities(grown, costs, both), budget)).toBe(true);
      expect(networkQuantities(grown, costs, both)).toEqual(selection.cost);
      expect(selection.added.size).toBeGreaterThan(0);
      expect(selection.bound.gap).toBeLessThan(0.15);
    },
  );

  test("a wide MobileNet is solved to within a hundredth of its bound", () => {
    const network = seedNetwork("mobilenet-v1-cifar", { factor: 10 });
    const { latency_s = 0 } = networkQuantities(network, costs, both);

    const selection = selectNeurons({
      network,
      gains: randomGains(network, 2),
      costs,
      budget: { latency_s: 1.3 * latency_s },
    });

    expect(selection.bound.coversAllWidths).toBe(false);
    expect(selection.bound.gap).toBeLessThan(0.01);
    expect(selection.cost.latency_s).toBeGreaterThan(1.29 * latency_s);
  });

  test("no group passes its cap or doubles twice, and ends at multiples of the granularity", () => {
    const network = seedNetwork("mobilenet-v1-cifar");
    const caps = new Map([
      ["conv0", 8],
      ["conv1", 12],
    ]);

    const { added, widths } = selectNeurons({
      network,
      gains: randomGains(network, 3),
      costs,
      budget: { latency_s: 1 },
      caps,
      granularity: 4,
    });

    expect(added.has("conv0")).toBe(false);
    expect(widths.get("conv1")).toBe(12);
    expect(widths.get("conv12")).toBe(64);
    expect([...widths.values()].every((width) => width % 4 === 0)).toBe(true);
  });

  test("a single positive gain brings a single neuron", () => {
    const network = seedNetwork("plain3");

    const { added, gain } = selectNeurons({
      network,
      gains: new Map([["conv2", [-1, 0.25, Number.NEGATIVE_INFINITY]]]),
      costs,
      budget: { latency_s: 1 },
    });

    expect([...added]).toEqual([["conv2", 1]]);
    expect(gain).toBe(0.25);
  });

  test("every writer of a residual stream is widened alike", () => {
    const network = seedNetwork("resnet-cifar");

    const { widths } = selectNeurons({
      network,
      gains: new Map([["stem", [1, 1]]]),
      costs,
      budget: { latency_s: 1 },
    });

    expect([...widths]).toEqual([
      ["stem", 10],
      ["stage1-block1-conv2", 10],
      ["stage1-block2-conv2", 10],
      ["stage1-block3-conv2", 10],
    ]);
  });
});

describe("costs in steps", () => {
  test("a layer of width 24 under steps of 8 takes no neuron or fills the step", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 24, maxLength: 24 }),
        fc.double({ min: 1, max: 2, noNaN: true }),
        (gains, factor) => {
          const network = pointwiseChain(16, [24], 10);
          const { latency_s = 0 } = networkQuantities(network, costs, both);

          const { added } = selectNeurons({
            network,
            gains: new Map([["conv1", gains]]),
            costs,
            budget: { latency_s: latency_s * factor },
          });

          expect([0, 8, 16, 24]).toContain(added.get("conv1") ?? 0);
        },
      ),
      { numRuns: 60, seed: 2 },
    );
  });

  test("neurons free on the current step are taken without any budget left", () => {
    const network = pointwiseChain(16, [18], 10);
    const { latency_s = 0 } = networkQuantities(network, costs, both);

    const { added } = selectNeurons({
      network,
      gains: new Map([["conv1", Array.from({ length: 18 }, () => 0.1)]]),
      costs,
      budget: { latency_s },
    });

    expect([...added]).toEqual([["conv1", 6]]);
  });
});

describe("budgets in MACs and parameters", () => {
  test("products of neighbouring widths are charged, not only sums", () => {
    const network = pointwiseChain(3, [4, 4], 2);
    const gains = randomGains(network, 6);
    const widest = withWidths(
      network,
      new Map([
        ["conv1", 8],
        ["conv2", 8],
      ]),
    );

    const fits = selectNeurons({ network, gains, costs, budget: { macs: networkMacs(widest) } });
    const short = selectNeurons({
      network,
      gains,
      costs,
      budget: { macs: networkMacs(widest) - 1 },
    });

    expect(fits.added).toEqual(
      new Map([
        ["conv1", 4],
        ["conv2", 4],
      ]),
    );
    expect(fits.cost.macs).toBe(3 * 8 + 8 * 8 + 8 * 2);
    expect(short.gain).toBeLessThan(fits.gain);
  });

  test("marginal MACs at the midpoints add up to the exact increase of a chain (bilinear law)", () => {
    const width = fc.integer({ min: 1, max: 40 });
    const three = fc.tuple(width, width, width);
    fc.assert(
      fc.property(three, three, (widths, added) => {
        const at = (extra: readonly number[]) =>
          networkMacs(
            pointwiseChain(
              5,
              widths.map((own, i) => own + (extra[i] ?? 0)),
              7,
            ),
          );
        const exact = at(added) - at([0, 0, 0]);

        const linear = added.reduce((sum, n, i) => {
          const below = i === 0 ? 5 : (widths[i - 1] ?? 0) + (added[i - 1] ?? 0) / 2;
          const above = i === 2 ? 7 : (widths[i + 1] ?? 0) + (added[i + 1] ?? 0) / 2;
          return sum + n * (below + above);
        }, 0);

        expect(linear).toBeCloseTo(exact, 6);
      }),
      { seed: 3 },
    );
  });

  test("with one growing layer and gains alone the selection is the knapsack's", () => {
    const network = pointwiseChain(3, [6], 4);
    const gains = [0.5, 0.1, 0.9, 0.3, 0.7, 0.2];
    const macs = networkMacs(network) + 4 * (3 + 4);

    const { gain } = selectNeurons({
      network,
      gains: new Map([["conv1", gains]]),
      costs,
      budget: { macs },
    });

    const linear = linearKnapsack([{ gains, cost: 3 + 4, cap: 6 }], 4 * (3 + 4));
    expect(gain).toBeCloseTo(linear.gain, 12);
  });
});

describe("what cannot be selected", () => {
  const network = seedNetwork("mnist-cnn");
  const gains = randomGains(network, 4);
  const caught = (action: () => unknown): UserError => {
    try {
      action();
    } catch (error) {
      if (error instanceof UserError) return error;
    }
    throw new Error("No UserError was thrown");
  };

  test("a budget below the present network is refused with what is given and needed", () => {
    const error = caught(() =>
      selectNeurons({ network, gains, costs, budget: { latency_s: 1e-6 } }),
    );

    expect(error.exit).toBe("budget");
    expect(error.message).toMatch(/latency 1 µs given, at least [\d.]+ µs needed/);
  });

  test("a budget on energy without a meter is refused before anything is chosen", () => {
    const error = caught(() =>
      selectNeurons({ network, gains, costs: withoutEnergy(costs), budget: { energy_j: 1 } }),
    );

    expect(error.message).toContain("energy");
    expect(error.exit).toBe("unavailable");
  });

  test.each([{}, { latency_s: 0 }, { macs: Number.NaN }])(
    "a budget of %o is wrong usage",
    (budget) => {
      expect(caught(() => selectNeurons({ network, gains, costs, budget })).exit).toBe("usage");
    },
  );

  test("when no split fits, the selection is empty and says what is left", () => {
    const { macs } = networkQuantities(network, costs, ["macs"]);

    const selection = selectNeurons({ network, gains, costs, budget: { macs: macs ?? 0 } });

    expect(selection.added.size).toBe(0);
    expect(selection.gain).toBe(0);
    expect(selection.reason).toContain("MACs 0");
  });

  test("without positive gains nothing is added", () => {
    const selection = selectNeurons({
      network,
      gains: new Map([["conv1", [-1, 0]]]),
      costs,
      budget: { latency_s: 1 },
    });

    expect(selection.reason).toBe("no neuron has a positive gain and room to split");
  });
});
