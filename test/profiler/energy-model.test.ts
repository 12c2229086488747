import { describe, expect, test } from "vitest";
import { fitEnergyModel } from "../../profiler/energy/model.ts";
import { seededRandom } from "../../src/random.ts";
import { median } from "../../src/statistics.ts";

const powers_w = { conv2d: 12, depthwise_conv2d: 8, dense: 9 };
const ops = Object.keys(powers_w) as (keyof typeof powers_w)[];

/** Networks whose operations draw these powers, metered with an error of `noise`, in windows that were slower than the floor. */
function metered(seed: number, { networks = 54, noise = 0.01, slowness = 1 } = {}) {
  const random = seededRandom(seed);
  return Array.from({ length: networks }, () => {
    const times_s = ops.map(() => 1e-5 + 1e-4 * random.uniform());
    const energy_j = ops.reduce((sum, op, i) => sum + powers_w[op] * (times_s[i] ?? 0), 0);
    return {
      energy: {
        gross: { energy_j: slowness * energy_j * (1 + noise * random.normal()) },
        meter: "counter",
        provenance: "simulated" as const,
      },
      latency_s: slowness * times_s.reduce((sum, time_s) => sum + time_s, 0),
      floor_s: times_s.reduce((sum, time_s) => sum + time_s, 0),
      timeByOp_s: new Map(ops.map((op, i) => [op, times_s[i] ?? 0])),
    };
  });
}

const fitted = (...design: Parameters<typeof metered>) =>
  fitEnergyModel(metered(...design), [])?.document.gross;

describe("the power of an operation", () => {
  test("is nearer the more networks were metered, and the better the meter", () => {
    const missed = (options: Parameters<typeof metered>[1]) =>
      median(
        Array.from({ length: 60 }, (_, seed) => {
          const { conv2d = 0 } = fitted(seed + 1, options)?.powerByOp_w ?? {};
          return Math.abs(conv2d / powers_w.conv2d - 1);
        }),
      );

    // 54 networks of 1 % each: a prior of fixed strength had left a twentieth.
    expect(missed({})).toBeLessThan(0.01);
    expect(missed({ networks: 400 })).toBeLessThan(missed({}));
    expect(missed({ noise: 0.05 })).toBeGreaterThan(missed({}));
  });

  test("is told exactly by a meter without errors, and stays above nothing for one network", () => {
    const exact = fitted(3, { noise: 0 });
    for (const op of ops) expect(exact?.powerByOp_w[op], op).toBeCloseTo(powers_w[op], 2);

    const one = fitted(3, { networks: 1 });
    for (const op of ops) expect(one?.powerByOp_w[op], op).toBeGreaterThan(5);
  });

  test("makes of a floor the energy that windows with slow moments in them take", () => {
    const slow = fitted(3, { noise: 0, slowness: 1.02 });

    for (const op of ops) expect(slow?.powerByOp_w[op], op).toBeCloseTo(1.02 * powers_w[op], 1);
    expect(slow?.relativeHalfWidth).toBeLessThan(0.01);
  });

  test("is the same of all operations where all draw the same", () => {
    const same = fitEnergyModel(
      metered(5).map((network) => ({
        ...network,
        energy: { ...network.energy, gross: { energy_j: 10 * network.latency_s } },
      })),
      [],
    )?.document.gross;

    expect(same?.power_w).toBeCloseTo(10, 9);
    for (const op of ops) expect(same?.powerByOp_w[op], op).toBeCloseTo(10, 6);
  });
});
