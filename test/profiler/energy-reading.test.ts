import { describe, expect, test } from "vitest";
import { energyReading, type LoadEnergy } from "../../profiler/energy/reading.ts";

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

describe("net energy", () => {
  test("is a number where its interval lies above 0", () => {
    const reading = read([1.0e-4, 1.1e-4, 0.9e-4, 1.05e-4, 0.95e-4]);

    expect(reading).toMatchObject({ net: { energy_j: 1e-4 }, idle_power_w: 8, invalid: [] });
  });

  test("below the noise floor is absent, and said to be less than the end of its interval", () => {
    // Mean 1e-5, standard deviation 3.16e-5: half-width sqrt(pi / 2) 2.776 3.16e-5 / sqrt(5) = 4.92e-5.
    const reading = read([1e-5, 5e-5, -3e-5, 3e-5, -1e-5]);

    expect(reading).not.toHaveProperty("net");
    expect(reading.invalid).toEqual([
      "net energy is below the noise floor of these windows: < 59.2 µJ",
    ]);
  });

  test("of a network that draws no more than the idle machine is absent for that reason", () => {
    expect(read([-1e-5, -2e-5, -3e-5]).invalid).toEqual([
      "the network drew no more power than the idle machine",
    ]);
  });
});
