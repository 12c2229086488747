import { describe, expect, test } from "vitest";
import { energyReading, type LoadEnergy } from "../../profiler/energy/reading.ts";
import { seededRandom } from "../../src/random.ts";

const meter = { id: "rapl", quality: "measured", rails: [], caveats: [] } as const;
const read = (net_j: readonly number[]) =>
  energyReading(
    {
      windows: [],
      invalid: [],
      loads: net_j.map((net): LoadEnergy => ({ gross_j: 1e-3, net_j: net, idle_power_w: 8 })),
    },
    meter,
  );

describe("the interval of a median", () => {
  test.each([5, 8, 20, 31])("of %i normal values holds the truth in 95 %% of cases", (count) => {
    const random = seededRandom(count);
    const truth = 10;
    const runs = 4000;
    const held = Array.from({ length: runs }, () => {
      const reading = read(Array.from({ length: count }, () => truth + random.normal()));
      if (!("net" in reading) || !reading.net) return false;
      return reading.net.low_j <= truth && truth <= reading.net.high_j;
    }).filter(Boolean).length;

    // Three standard errors of a share of 95 % are 1 %.
    expect(Math.abs(held / runs - 0.95)).toBeLessThan(0.011);
  });
});

describe("fewer windows than five", () => {
  test("make no energy, and say so", () => {
    expect(read([1.0e-4, 1.1e-4, 0.9e-4, 1.0e-4])).toEqual({
      invalid: ["fewer than five windows could be read"],
    });
  });
});

describe("net energy", () => {
  test("is a number where its interval lies above 0", () => {
    const reading = read([1.0e-4, 1.1e-4, 0.9e-4, 1.05e-4, 0.95e-4]);

    expect(reading).toMatchObject({ net: { energy_j: 1e-4 }, idle_power_w: 8, invalid: [] });
  });

  test("below the noise floor is absent, and said to be less than the end of its interval", () => {
    // Mean 1e-5, standard deviation 3.16e-5: half-width of a median of five 3.02 3.16e-5 / sqrt(5) = 4.27e-5.
    const reading = read([1e-5, 5e-5, -3e-5, 3e-5, -1e-5]);

    expect(reading).not.toHaveProperty("net");
    expect(reading.invalid).toEqual([
      "net energy is below the noise floor of these windows: < 52.7 µJ",
    ]);
  });

  test("of a network that draws no more than the idle machine is absent for that reason", () => {
    expect(read([-1e-5, -2e-5, -3e-5, -2e-5, -1e-5]).invalid).toEqual([
      "the network drew no more power than the idle machine",
    ]);
  });
});
