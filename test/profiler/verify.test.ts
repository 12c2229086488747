import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { openTable } from "../../energy-db/index.ts";
import { profile, undisturbedLatency, verifyNetwork } from "../../profiler/index.ts";
import { kernelsOf } from "../../src/network/kernel.ts";
import { findPreset } from "../../src/network/presets.ts";
import { seededRandom } from "../../src/random.ts";
import { linearKernel, simulatedDevice } from "./simulated-device.ts";
import { smallPlan } from "./small-plan.ts";

const folder = mkdtempSync(join(tmpdir(), "wattsplit-verify-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const network = findPreset("mnist-cnn").build({ multiplier: 0.5 });
const layers = kernelsOf(network).map(({ layer, kernel }) => ({
  layer,
  latency_s: linearKernel(kernel),
}));
const truth_s = layers.reduce((sum, { latency_s }) => sum + latency_s, 10e-6);

const verify = (predicted: { latency_s: number; energy_j?: number }, power_w?: number) =>
  verifyNetwork({
    device: simulatedDevice({ overhead_s: 10e-6, ...(power_w === undefined ? {} : { power_w }) }),
    network,
    predicted: { ...predicted, layers },
    random: seededRandom(1),
  });

it("a prediction is held against what the device does, layer by layer", async () => {
  const verification = await verify({ latency_s: 1.1 * truth_s });

  expect(verification.latencyError).toBeCloseTo(0.1, 6);
  expect(verification.measured.role).toBe("verify");
  expect(verification.energyError).toBeUndefined();
  expect(verification.layers.map(({ layer }) => layer)).toEqual(layers.map(({ layer }) => layer));
  for (const { predicted_s, measured_s } of verification.layers)
    expect(measured_s).toBeCloseTo(predicted_s, 9);
});

it("predicted energy is judged where the device has a meter", async () => {
  const { energyError, invalidEnergy } = await verify(
    { latency_s: truth_s, energy_j: 0.8 * 30 * truth_s },
    30,
  );

  expect(invalidEnergy).toEqual([]);
  expect(energyError).toBeCloseTo(-0.2, 1);
});

it("a machine slower than when its table was measured is told from a wrong prediction", async () => {
  const calm = simulatedDevice();
  const table = openTable(join(folder, "energy.db"), { mode: "write", create: true });
  const { platformId } = await profile({
    device: calm,
    table,
    plan: smallPlan(),
    toolVersion: "test",
    random: seededRandom(1),
  });
  const undisturbed_s = undisturbedLatency(table, platformId);
  table.close();
  const verifyOn = async (slowdown: number) => {
    const device = simulatedDevice({ slowdown: () => slowdown });
    const predicted = { latency_s: truth_s, layers };
    const random = seededRandom(1);
    const { flags } = await verifyNetwork({ device, network, predicted, undisturbed_s, random });
    return { flags, time_s: device.clock.now_s() };
  };

  expect((await verifyOn(1)).flags).toEqual([]);
  const slow = await verifyOn(1.5);
  expect(slow.flags).toContain("drift");
  expect(slow.time_s).toBeLessThan(70);
});
