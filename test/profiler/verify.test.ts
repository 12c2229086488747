import { expect, it } from "vitest";
import { verifyNetwork } from "../../profiler/index.ts";
import { kernelsOf } from "../../src/network/kernel.ts";
import { findPreset } from "../../src/network/presets.ts";
import { seededRandom } from "../../src/random.ts";
import { linearKernel, simulatedDevice } from "./simulated-device.ts";

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
