import { expect, test } from "vitest";
import { energyBasis, judgeBudget } from "../../../src/app/workflows/judge-budget.ts";

const latency = { latency_s: 40e-6, low_s: 39e-6, high_s: 41e-6 };
const joules = { energy_j: 400e-6, low_j: 390e-6, high_j: 410e-6 };
const measured = { ...joules, provenance: "measured", meter: "rapl" } as const;
const modelled = { ...joules, provenance: "modelled", meter: "assumed", power_w: 10 } as const;
const derived = { ...joules, provenance: "derived", meter: "rapl", power_w: 10 } as const;

test("a network within both budgets misses none", () => {
  const budget = { latency_s: 41e-6, energy_j: 401e-6, macs: 1 };

  expect(judgeBudget({ measured: latency, energy: measured }, budget)).toEqual({
    missed: [],
    unjudged: [],
  });
});

test("latency and energy are judged each, and both are said", () => {
  const budget = { latency_s: 39e-6, energy_j: 399e-6 };

  expect(judgeBudget({ measured: latency, energy: measured }, budget).missed).toEqual([
    "Measured latency 40 µs exceeds the budget of 39 µs",
    "Energy 400 µJ, measured by rapl, exceeds the budget of 399 µJ",
  ]);
});

test.each([
  [modelled, "modelled as 10 W assumed x the time measured"],
  [derived, "derived as 10 W by rapl, when the table was measured, x the time measured"],
] as const)(
  "energy that no meter read is judged by the time measured, and says so: %#",
  (energy, words) => {
    const { missed } = judgeBudget({ measured: latency, energy }, { energy_j: 399e-6 });

    expect(energyBasis(energy)).toBe(words);
    expect(missed).toEqual([`Energy 400 µJ, ${words}, exceeds the budget of 399 µJ`]);
  },
);

test("an energy budget without any power is said not to be judged", () => {
  const { missed, unjudged } = judgeBudget({ measured: latency }, { energy_j: 1e-6 });

  expect(missed).toEqual([]);
  expect(unjudged).toEqual([
    "The energy budget of 1 µJ was not judged: no meter ran, and the table knows no power",
  ]);
});
