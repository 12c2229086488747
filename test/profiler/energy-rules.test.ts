import { describe, expect, test } from "vitest";
import type { Rail } from "../../devices/index.ts";
import {
  energyRules,
  lookPeriod,
  meterStep,
  observedPeriod,
  readingPeriod,
  steadyPeriod,
} from "../../profiler/energy/rules.ts";
import { samplerSteps } from "../../profiler/energy/sampler-power.ts";
import { smallPlan } from "./small-plan.ts";

/** A gauge that shows a new number every so often, read every millisecond. */
const looked = (period_s: number, duration_s: number) => ({
  kind: "meter" as const,
  windows: [],
  samples: Array.from({ length: 1000 * duration_s }, (_, i) => ({
    rail: "gauge",
    time_s: i / 1000,
    power_w: 5 + Math.floor(i / 1000 / period_s),
  })),
});

const gauge: Rail = {
  id: "gauge",
  label: "gauge",
  kind: "power",
  domain: "board",
  counted: true,
  maxPower_w: 50,
  nominalPeriod_s: 1,
};
const stepFor = (
  updatePeriod_s: number,
  meter: { readonly needsDischarging?: true; readonly rails?: readonly Rail[] } = {},
) =>
  meterStep(["net"], 5, updatePeriod_s, energyRules, {
    shortestBatch_s: 0,
    freshBatches: false,
    meter: { rails: [gauge], ...meter },
  });

describe("an energy window", () => {
  test("holds five seconds and ten inferences, after a second of warm-up, with as long an idle one beside it", () => {
    expect(stepFor(1e-3)).toMatchObject({
      rounds: 5,
      window_s: 5,
      minInferences: 10,
      idle_s: 5,
      warmUp_s: 1,
    });
  });

  test("holds fifty updates of a slow meter, and half a minute of a battery's gauge", () => {
    expect(stepFor(1).window_s).toBe(50);
    expect(stepFor(0.2, { needsDischarging: true }).window_s).toBe(30);
  });

  test("begins when nothing from before it is left in an average", () => {
    const step = stepFor(0.1, { rails: [{ ...gauge, averaging_s: 1 }] });

    expect(step).toMatchObject({ settle_s: 2, warmUp_s: 2, window_s: 5 });
  });

  test("of every metered network takes a table about half an hour with a counter, as a plan says", () => {
    const { networks, estimatedEnergy_s } = smallPlan();
    const step = stepFor(1e-3);
    const round_s = step.idle_s + step.window_s + step.warmUp_s + step.settle_s;
    const metered = networks.filter((network) => network.metered).length;

    expect(estimatedEnergy_s / metered).toBeGreaterThan(step.rounds * round_s);
    expect((32 * estimatedEnergy_s) / metered).toBeLessThan(40 * 60);
  });
});

describe("how often a meter is read", () => {
  test("is eight times an update, and no more often than a program can be started", () => {
    expect(readingPeriod(0.4, {})).toBeCloseTo(0.05, 12);
    expect(readingPeriod(1e-3, {})).toBe(0.01);
    expect(readingPeriod(0.4, { fastestReading_s: 0.25 })).toBe(0.25);
    expect(lookPeriod({ fastestReading_s: 0.25 })).toBe(0.25);
    expect(lookPeriod({})).toBe(1e-3);
  });

  test("differs between the looks that tell what reading takes", () => {
    const steps = samplerSteps(0.1, { fastestReading_s: 0.1 });

    expect(new Set(steps.map(({ period_s }) => period_s))).toEqual(new Set([0.1, 0.4]));
    expect(steps.every(({ duration_s, period_s }) => duration_s >= 10 * period_s)).toBe(true);
  });
});

describe("the update period of a gauge", () => {
  test("is what it shows, not how often it is read", () => {
    expect(observedPeriod([gauge], looked(1.4, 24), 24)).toBeCloseTo(1.4, 2);
  });

  test("is no less than is known of its sensor", () => {
    expect(observedPeriod([gauge], looked(0.001, 6), 6)).toBe(1);
  });

  test("is that of its sensor where it showed one number all the time, and unknown where it showed none", () => {
    expect(steadyPeriod([gauge], looked(100, 24))).toBe(1);
    expect(steadyPeriod([gauge], { kind: "meter", windows: [], samples: [] })).toBeUndefined();
  });
});
