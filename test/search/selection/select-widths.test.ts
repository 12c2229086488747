import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { meetsBudget, networkQuantities } from "../../../search/quantities.ts";
import { gainCurve } from "../../../search/selection/gain-curve.ts";
import { selectWidths, type WidthOption } from "../../../search/selection/select-widths.ts";
import { UserError } from "../../../src/errors.ts";
import { networkMacs, networkPeakMemory_bytes } from "../../../src/network/costs.ts";
import { type Network, withWidths } from "../../../src/network/network.ts";
import { freeGroups } from "../../../src/network/width-groups.ts";
import { seededRandom } from "../../../src/random.ts";
import { steppedCosts, withoutEnergy } from "./formula-costs.ts";
import { pointwiseChain, seedNetwork } from "./networks.ts";

const costs = steppedCosts(8);
const both = ["latency_s", "energy_j"] as const;

/** Options of every group that something reads: multiples of `step` from half to twice its width, with random gains. */
function randomOptions(
  network: Network,
  seed: number,
  step = 1,
): Map<string, readonly WidthOption[]> {
  const random = seededRandom(seed);
  return new Map(
    freeGroups(network).map(({ name, width }) => {
      const scale = random.uniform();
      const widths = Array.from({ length: 2 * width }, (_, i) => i + 1).filter(
        (wide) => wide % step === 0 && 2 * wide >= width,
      );
      return [name, widths.map((wide) => ({ width: wide, gain: scale * Math.log(wide / width) }))];
    }),
  );
}

describe("selection over whole networks", () => {
  test.each(["mnist-cnn", "mobilenet-v1-cifar", "vgg-cifar", "resnet-cifar"] as const)(
    "on %s the network meets all five limits, at the cost stated, near the proved bound",
    (name) => {
      const network = seedNetwork(name, { factor: 2 });
      const limited = [...both, "macs", "parameters", "peakMemory_bytes"] as const;
      const now = networkQuantities(network, costs, limited);
      const budget = Object.fromEntries(limited.map((q, i) => [q, (1.3 + i / 50) * (now[q] ?? 0)]));

      const selection = selectWidths({
        network,
        options: randomOptions(network, 1, 4),
        costs,
        budget,
      });

      const changed = withWidths(network, selection.layerWidths);
      expect(networkQuantities(changed, costs, limited)).toEqual(selection.cost);
      expect(meetsBudget(selection.cost, budget)).toBe(true);
      expect(selection.gain).toBeGreaterThan(0);
      expect(selection.bound).toBeGreaterThanOrEqual(selection.gain);
      expect(selection.gap).toBeLessThan(0.01);
    },
  );

  test("at full budget latency moves from groups of little gain to groups of much", () => {
    const network = pointwiseChain(16, [32, 32], 10);
    const { latency_s = 0 } = networkQuantities(network, costs, both);
    const options = new Map([
      ["conv1", [16, 24].map((width) => ({ width, gain: -0.01 * (32 - width) }))],
      ["conv2", [40, 48].map((width) => ({ width, gain: 0.1 * (width - 32) }))],
    ]);

    const { widths, gain, gap } = selectWidths({ network, options, costs, budget: { latency_s } });

    expect([...widths]).toEqual([
      ["conv1", 16],
      ["conv2", 48],
    ]);
    expect(gain).toBeCloseTo(1.6 - 0.16, 12);
    expect(gap).toBe(0);
  });

  test("a network over its budget is narrowed where that loses least", () => {
    const network = pointwiseChain(16, [32, 32], 10);
    const options = new Map([
      ["conv1", [{ width: 8, gain: -1 }]],
      ["conv2", [{ width: 8, gain: -2 }]],
    ]);
    const budget = { macs: networkMacs(network) - 1 };

    expect([...selectWidths({ network, options, costs, budget }).widths]).toEqual([["conv1", 8]]);
  });

  test("every writer of a residual stream is widened alike", () => {
    const network = seedNetwork("resnet-cifar");

    const { layerWidths } = selectWidths({
      network,
      options: new Map([["stem", [{ width: 10, gain: 1 }]]]),
      costs,
      budget: { latency_s: 1 },
    });

    expect([...layerWidths]).toEqual([
      ["stem", 10],
      ["stage1-block1-conv2", 10],
      ["stage1-block2-conv2", 10],
      ["stage1-block3-conv2", 10],
    ]);
  });

  test("a limit on peak memory alone is met to the byte", () => {
    const network = seedNetwork("mnist-cnn");
    const options = new Map([["conv1", [5, 6].map((width) => ({ width, gain: width }))]]);
    // conv1 writes 28x28 floats per channel; pool1 reads them while it writes 14x14.
    const peak = networkPeakMemory_bytes(withWidths(network, new Map([["conv1", 5]])));

    const { widths, cost } = selectWidths({
      network,
      options,
      costs,
      budget: { peakMemory_bytes: peak },
    });

    expect([...widths]).toEqual([["conv1", 5]]);
    expect(cost).toEqual({ peakMemory_bytes: 4 * 5 * (28 * 28 + 14 * 14) });
  });
});

describe("costs in steps", () => {
  test("width 24 under steps of 8 takes no neuron or fills the step, whatever it gains", () => {
    const positive = fc.double({ min: 0.01, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(positive, { minLength: 24, maxLength: 24 }),
        fc.double({ min: 1, max: 2, noNaN: true }),
        (gains, factor) => {
          const network = pointwiseChain(16, [24], 10);
          const { latency_s = 0 } = networkQuantities(network, costs, both);
          const curve = gainCurve(
            gains.map((gain) => [{ added: 1, gain }]),
            24,
          );
          const options = [...curve.gains].map((gain, added) => ({ width: 24 + added, gain }));

          const { widths } = selectWidths({
            network,
            options: new Map([["conv1", options]]),
            costs,
            budget: { latency_s: latency_s * factor },
          });

          expect([24, 32, 40, 48]).toContain(widths.get("conv1") ?? 24);
        },
      ),
      { numRuns: 60, seed: 2 },
    );
  });
});

describe("budgets in MACs", () => {
  test("products of neighbouring widths are charged, not only sums", () => {
    const network = pointwiseChain(3, [4, 4], 2);
    const wide = [{ width: 8, gain: 1 }];
    const options = new Map([
      ["conv1", wide],
      ["conv2", wide],
    ]);
    const macs = 3 * 8 + 8 * 8 + 8 * 2;

    const fits = selectWidths({ network, options, costs, budget: { macs } });
    const short = selectWidths({ network, options, costs, budget: { macs: macs - 1 } });

    expect(fits).toMatchObject({ gain: 2, cost: { macs } });
    expect(short.gain).toBe(1);
  });
});

describe("what cannot be selected", () => {
  const network = seedNetwork("mnist-cnn");
  const options = randomOptions(network, 4);
  const caught = (action: () => unknown): UserError => {
    try {
      action();
    } catch (error) {
      if (error instanceof UserError) return error;
    }
    throw new Error("No UserError was thrown");
  };

  test("a budget below every network is refused with what is given and needed", () => {
    const error = caught(() =>
      selectWidths({ network, options, costs, budget: { latency_s: 1e-6 } }),
    );

    expect(error.exit).toBe("budget");
    expect(error.message).toMatch(/latency 1 µs given, at least [\d.]+ µs needed/);
  });

  test("a memory limit below every network is refused likewise", () => {
    const error = caught(() =>
      selectWidths({ network, options, costs, budget: { peakMemory_bytes: 1024 } }),
    );

    expect(error.message).toMatch(/peak activation memory 1 KiB given, at least [\d.]+ KiB needed/);
  });

  test("a budget on energy without a meter is refused before anything is chosen", () => {
    const error = caught(() =>
      selectWidths({ network, options, costs: withoutEnergy(costs), budget: { energy_j: 1 } }),
    );

    expect(error.message).toContain("energy");
    expect(error.exit).toBe("unavailable");
  });

  test.each([{}, { latency_s: 0 }, { macs: Number.NaN }])(
    "a budget of %o is wrong usage",
    (budget) => {
      expect(caught(() => selectWidths({ network, options, costs, budget })).exit).toBe("usage");
    },
  );

  test("when nothing that gains fits, the selection is empty and says what is left", () => {
    const { macs = 0 } = networkQuantities(network, costs, ["macs"]);
    const wider = new Map([["conv1", [{ width: 5, gain: 1 }]]]);

    const selection = selectWidths({ network, options: wider, costs, budget: { macs } });

    expect(selection).toMatchObject({ gain: 0, bound: 0, gap: 0 });
    expect(selection.widths.size).toBe(0);
    expect(selection.reason).toContain("MACs 0");
  });

  test("without a width that gains nothing changes", () => {
    const losing = new Map([["conv1", [{ width: 5, gain: -1 }]]]);

    const { reason } = selectWidths({ network, options: losing, costs, budget: { latency_s: 1 } });

    expect(reason).toBe("no width on offer gains anything");
  });
});
