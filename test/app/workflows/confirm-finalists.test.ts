import { expect, test } from "vitest";
import { confirmations, shareOf } from "../../../src/app/workflows/confirm-finalists.ts";

const at = (latency_s: number) => ({ latency_s, low_s: latency_s, high_s: latency_s });
const energyOf = (energy_j: number) =>
  ({ energy_j, low_j: energy_j, high_j: energy_j, provenance: "measured", meter: "rapl" }) as const;

test("a network that the table thought cheap is too dear when it is measured", () => {
  const [cheap, dear] = confirmations(
    [
      { measured: at(37e-6), predicted_s: 36e-6 },
      { measured: at(38.3e-6), predicted_s: 33.8e-6 },
    ],
    { latency_s: 38e-6 },
  );
  expect(cheap).toEqual({ meetsBudget: true, words: "37 µs (36 µs predicted)" });
  expect(dear).toEqual({ meetsBudget: false, words: "38.3 µs (33.8 µs predicted)" });
});

test("what a slow moment adds is taken off where the canary tells it", () => {
  const [confirmed] = confirmations(
    [{ measured: at(45e-6), atTableSpeed: { ...at(37e-6), error: -0.03 }, predicted_s: 36e-6 }],
    { latency_s: 38e-6 },
  );
  expect(confirmed?.meetsBudget).toBe(true);
});

test("measured energy is judged too, and only where it was measured", () => {
  const record = { measured: at(1e-3), predicted_s: 1e-3 };
  const budget = { latency_s: 2e-3, energy_j: 5e-3 };
  const judged = confirmations(
    [record, { ...record, energy: energyOf(4e-3) }, { ...record, energy: energyOf(6e-3) }],
    budget,
  );
  expect(judged.map(({ meetsBudget }) => meetsBudget)).toEqual([true, true, false]);
});

test("modelled energy is judged by the time that the latency is, and says what it is", () => {
  const energy = { ...energyOf(450e-6), meter: "assumed", power_w: 10 };
  const [confirmed] = confirmations(
    [
      {
        measured: at(45e-6),
        atTableSpeed: { ...at(37e-6), error: -0.03 },
        predicted_s: 36e-6,
        energy: { ...energy, provenance: "modelled" },
      },
    ],
    { latency_s: 38e-6, energy_j: 380e-6 },
  );
  expect(confirmed).toEqual({
    meetsBudget: true,
    words: "37 µs (36 µs predicted), 370 µJ modelled",
  });
});

test("a share of a reference measured beside them stands for the budget", () => {
  const reference = { measured: at(80e-6), predicted_s: 70e-6, energy: energyOf(1e-3) };
  expect(shareOf(reference, 0.5)).toEqual({ latency_s: 40e-6, energy_j: 0.5e-3 });
});
