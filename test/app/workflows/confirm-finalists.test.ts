import { expect, test } from "vitest";
import { verifyNetworks } from "../../../profiler/index.ts";
import { confirmations, limitsOf, shareOf } from "../../../src/app/workflows/confirm-finalists.ts";
import { judgeBudget } from "../../../src/app/workflows/judge-budget.ts";
import { latencyEstimate, ratioOf } from "../../../src/app/workflows/judged-latency.ts";
import { findPreset } from "../../../src/network/presets.ts";
import { seededRandom } from "../../../src/random.ts";
import { simulatedDevice, usualPhysics } from "../../profiler/simulated-device/index.ts";

const at = (latency_s: number) => ({ latency_s, low_s: latency_s, high_s: latency_s });
const energyOf = (energy_j: number) =>
  ({ energy_j, low_j: energy_j, high_j: energy_j, provenance: "measured", meter: "rapl" }) as const;

test("a network that the table thought cheap is too dear when it is measured", () => {
  const [cheap, dear] = confirmations(
    [
      { measured: at(37e-6), predicted_s: 36e-6 },
      { measured: at(38.3e-6), predicted_s: 33.8e-6 },
    ],
    limitsOf({ latency_s: 38e-6 }),
  );
  expect(cheap?.words).toBe("37 µs (36 µs predicted)");
  expect(cheap?.ofBudgetAtMost).toBeCloseTo(37 / 38, 9);
  expect(dear?.words).toBe("38.3 µs (33.8 µs predicted)");
  expect(dear?.ofBudget).toBeCloseTo(38.3 / 38, 9);
});

test("what a slow moment adds is taken off where the canary tells it", () => {
  const [confirmed] = confirmations(
    [{ measured: at(45e-6), atTableSpeed: at(37e-6), predicted_s: 36e-6 }],
    limitsOf({ latency_s: 38e-6 }),
  );
  expect(confirmed?.ofBudget).toBeCloseTo(37 / 38, 9);
});

test("measured energy is judged too, and only where it was measured", () => {
  const record = { measured: at(1e-3), predicted_s: 1e-3 };
  const budget = limitsOf({ latency_s: 2e-3, energy_j: 5e-3 });
  const judged = confirmations(
    [record, { ...record, energy: energyOf(4e-3) }, { ...record, energy: energyOf(6e-3) }],
    budget,
  );
  for (const [i, ofBudget] of [0.5, 0.8, 1.2].entries())
    expect(judged[i]?.ofBudget).toBeCloseTo(ofBudget, 9);
});

test("modelled energy is judged by the time that the latency is, and says what it is", () => {
  const energy = { ...energyOf(450e-6), meter: "assumed", power_w: 10 };
  const [confirmed] = confirmations(
    [
      {
        measured: at(45e-6),
        atTableSpeed: at(37e-6),
        predicted_s: 36e-6,
        energy: { ...energy, provenance: "modelled" },
      },
    ],
    limitsOf({ latency_s: 38e-6, energy_j: 380e-6 }),
  );
  expect(confirmed?.words).toBe("37 µs (36 µs predicted), 370 µJ modelled");
  expect(confirmed?.ofBudget).toBeCloseTo(37 / 38, 9);
});

test("a share of a reference measured beside them stands for the budget, with the errors of both", () => {
  const within = (latency_s: number, relative: number) => ({
    latency_s,
    low_s: (1 - relative) * latency_s,
    high_s: (1 + relative) * latency_s,
  });
  const reference = { measured: within(80e-6, 0.03), predicted_s: 70e-6, energy: energyOf(1e-3) };
  const limits = shareOf(reference, 0.5);
  const [confirmed] = confirmations(
    [{ measured: within(36e-6, 0.04), predicted_s: 35e-6 }],
    limits,
  );

  expect(limits.energy?.value).toBeCloseTo(0.5e-3, 12);
  expect(confirmed?.ofBudget).toBeCloseTo(0.9, 9);
  expect(confirmed?.ofBudgetAtMost).toBeCloseTo(0.9 * 1.05, 9);
});

/** Verified on a machine that is slower by a factor at times, in the way of the table that was made at factor 1. */
async function verifiedDuring(slowdown: (time_s: number) => number) {
  const { device, clock } = await simulatedDevice({
    ...usualPhysics,
    loadSd: () => 0.002,
    disturbance: { ...usualPhysics.disturbance, stateSd: 0, slowdown },
  });
  const asked = [1, 0.5].map((multiplier) => ({
    network: findPreset("mnist-cnn").build({ multiplier }),
  }));
  const { networks, instruments } = await verifyNetworks(
    { device, clock, knownCanary_s, tableSlowdown: 1, random: seededRandom(3) },
    asked,
  );
  const records = networks.map(({ combined, atTableSpeed }) => ({
    measured: combined.floor,
    ...(atTableSpeed ? { atTableSpeed } : {}),
    predicted_s: combined.floor.latency_s,
  }));
  const starts_s = networks.flatMap(({ rows }) =>
    rows.map(({ batches }) => batches.start_s[0] ?? 0),
  );
  return { records, canary_s: instruments.canary?.latency_s, starts_s };
}

let knownCanary_s: number | undefined;

test("confirming and verifying agree on a network, whichever of them met a slow spell", async () => {
  const calm = await verifiedDuring(() => 1);
  knownCanary_s = calm.canary_s;
  const spells = {
    "mild, from the start": () => 1.05,
    "mild, in the middle": (time_s: number) => (time_s > 12 && time_s < 25 ? 1.05 : 1),
    "severe, for a while": (time_s: number) => (time_s > 5 && time_s < 20 ? 1.5 : 1),
  };
  const shares: number[] = [];
  for (const spell of [() => 1, ...Object.values(spells)]) {
    const { records } = await verifiedDuring(spell);
    const [reference, own] = records;
    if (!reference || !own) throw new Error("Two networks were verified");
    const share = ratioOf(latencyEstimate(own), latencyEstimate(reference));
    shares.push(share.value);
    // In the table's seconds too: the calm latency, 1 % more, is a budget that is kept.
    const { latency_s } = calm.records[1]?.measured ?? { latency_s: 0 };
    const [confirmed] = confirmations([own], limitsOf({ latency_s: 1.015 * latency_s }));
    expect(confirmed?.ofBudget).toBeLessThanOrEqual(1);
    expect(judgeBudget(own, { latency_s: 1.015 * latency_s }).missed).toEqual([]);
    expect(judgeBudget(own, { latency_s: 0.985 * latency_s }).missed).toHaveLength(1);
  }
  for (const share of shares) expect(share / (shares[0] ?? 0)).toBeCloseTo(1, 1.7);
});

test("loads of a network are seconds apart, so that they meet other moments of the machine", async () => {
  const { starts_s } = await verifiedDuring(() => 1);
  const sorted = [...new Set(starts_s.map((time_s) => Math.floor(time_s / 5)))];

  expect(sorted.length).toBeGreaterThanOrEqual(3);
});
