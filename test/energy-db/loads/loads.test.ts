import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { combineLoads, type LoadRow, studentT95 } from "../../../energy-db/index.ts";
import { blockEffects } from "../../../energy-db/loads/block-effects.ts";
import { digamma, inverseTrigamma, trigamma } from "../../../energy-db/loads/gamma-derivatives.ts";
import { moderate, variancePrior } from "../../../energy-db/loads/moderated-variance.ts";
import { findPreset } from "../../../src/network/presets.ts";
import { seededRandom } from "../../../src/random.ts";

describe("special functions", () => {
  // NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.7.2, column 0.975.
  it.each([
    [1, 12.706],
    [2, 4.303],
    [3, 3.182],
    [4, 2.776],
    [5, 2.571],
    [10, 2.228],
    [30, 2.042],
    [100, 1.984],
  ])("Student's t with %d degrees of freedom is the table's", (freedom, value) => {
    expect(studentT95(freedom)).toBeCloseTo(value, 3);
  });

  it("Student's t falls from one degree of freedom on, and is never undefined", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 200, noNaN: true }), (freedom) => {
        expect(studentT95(freedom)).toBeGreaterThan(studentT95(1.05 * freedom + 1));
        expect(studentT95(freedom)).toBeGreaterThan(1.9599);
      }),
    );
  });

  it("digamma and trigamma have their closed forms at 1 and 1/2", () => {
    // Abramowitz and Stegun 6.3.2, 6.3.3, 6.4.4.
    const euler = 0.5772156649015329;
    expect(digamma(1)).toBeCloseTo(-euler, 12);
    expect(digamma(0.5)).toBeCloseTo(-euler - 2 * Math.log(2), 12);
    expect(trigamma(1)).toBeCloseTo(Math.PI ** 2 / 6, 12);
    expect(trigamma(0.5)).toBeCloseTo(Math.PI ** 2 / 2, 12);
  });

  it("trigamma has its inverse", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1000, noNaN: true }), (y) => {
        expect(trigamma(inverseTrigamma(y)) / y).toBeCloseTo(1, 9);
      }),
    );
  });
});

describe("effects of blocks", () => {
  it("are found again where subjects lie in several blocks", () => {
    const effect = [0, 0.05, -0.03, 0.02, -0.02];
    const values = Array.from({ length: 12 }, (_, subject) =>
      [0, 1, 2].map((step) => {
        const block = (subject + step) % 5;
        return {
          subject: `${subject}`,
          block: `${block}`,
          value: Math.log(1 + subject) + (effect[block] ?? 0),
        };
      }),
    ).flat();

    const found = blockEffects(values);

    for (const [block, value] of effect.entries())
      expect(found.get(`${block}`)).toBeCloseTo(value, 6);
  });

  it("are none where a block holds too few subjects to tell", () => {
    const values = ["a", "b"].flatMap((subject) =>
      ["1", "2"].map((block) => ({ subject, block, value: 1 })),
    );

    expect(blockEffects(values).size).toBe(0);
  });
});

describe("variances of many samples together", () => {
  it("shrink each towards what its size makes likely", () => {
    const random = seededRandom(1);
    const sd = (size: number): number => 0.02 / Math.sqrt(size);
    const given = Array.from({ length: 2000 }, (_, i) => {
      const size = 1 + (i % 20);
      const draws = [0, 1, 2].map(() => sd(size) * random.normal());
      const mean = draws.reduce((sum, draw) => sum + draw, 0) / 3;
      const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / 2;
      return { variance, freedom: 2, size };
    });

    const prior = variancePrior(given);

    for (const size of [2, 5, 15])
      expect(Math.sqrt(prior?.at(size) ?? 0) / sd(size)).toBeCloseTo(1, 0);
    const { variance, freedom } = moderate({ variance: 0, freedom: 2, size: 4 }, prior);
    expect(variance).toBeGreaterThan(0);
    expect(freedom).toBeGreaterThan(20);
  });

  it("say nothing where there is a handful", () => {
    expect(variancePrior([{ variance: 1, freedom: 2, size: 1 }])).toBeUndefined();
  });
});

describe("loads of a network combined", () => {
  const network = findPreset("mnist-cnn").build({ multiplier: 0.25 });
  const load = (latency_s: number, block: number, flags: LoadRow["flags"] = []): LoadRow => ({
    network,
    role: "design",
    batch: 1,
    block,
    flags,
    latency: { floor: { latency_s }, typical: { latency_s: 1.1 * latency_s } },
  });

  it("are their geometric mean with the t-interval of its loads", () => {
    const [combined] = combineLoads([load(99e-6, 0), load(100e-6, 1), load(101e-6, 2)]);

    const logs = [99, 100, 101].map(Math.log);
    const mean = logs.reduce((sum, value) => sum + value, 0) / 3;
    const sd = Math.sqrt(logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 2);
    expect(combined?.floor.latency_s).toBeCloseTo(1e-6 * Math.exp(mean), 12);
    expect(combined?.floor.high_s).toBeCloseTo(
      1e-6 * Math.exp(mean + (4.3027 * sd) / Math.sqrt(3)),
      10,
    );
    expect((combined?.typical?.latency_s ?? 0) / (combined?.floor.latency_s ?? 1)).toBeCloseTo(1.1);
  });

  it("leave superseded ones out, and drifted ones where there are others", () => {
    const rows = [load(150e-6, 0, ["drift", "superseded"]), load(140e-6, 1, ["drift"])];

    expect(combineLoads([...rows, load(100e-6, 2)])[0]?.rows).toHaveLength(1);
    expect(combineLoads(rows)[0]?.rows.map(({ block }) => block)).toEqual([1]);
  });

  it("have a wide but finite interval where loads of others vary without any pattern", () => {
    const prior = { freedom: 0.4, at: () => 1e-6 };
    const spread = { prior, blockSd: 0.01 };
    const [alone] = combineLoads([load(1e-3, 0)], { floor: spread, typical: spread });
    expect(alone?.floor.low_s).toBeCloseTo(1e-3 * Math.exp(-1.959964 * 0.1), 9);
    expect(alone?.floor.high_s).toBeCloseTo(1e-3 * Math.exp(1.959964 * 0.1), 9);
  });

  it("have a wide but finite interval where a single load is all there is", () => {
    const [combined] = combineLoads([load(100e-6, 0)]);

    expect(combined?.floor.latency_s).toBeCloseTo(100e-6, 12);
    expect((combined?.floor.high_s ?? 0) / 100e-6).toBeCloseTo(Math.exp(1.959964 * 0.1), 6);
    expect((combined?.floor.low_s ?? 0) / 100e-6).toBeCloseTo(Math.exp(-1.959964 * 0.1), 6);
  });
});
