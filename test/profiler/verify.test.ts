import { describe, expect, it } from "vitest";
import { verifyNetwork, verifyNetworks } from "../../profiler/index.ts";
import { findPreset } from "../../src/network/presets.ts";
import { seededRandom } from "../../src/random.ts";
import {
  exactPhysics,
  type Physics,
  simulatedDevice,
  undisturbed_s,
  usualPhysics,
  usualPower,
} from "./simulated-device/index.ts";

const network = findPreset("mnist-cnn").build({ multiplier: 0.5 });
const truth_s = undisturbed_s(exactPhysics, network);

async function verify(physics: Partial<Physics> = {}, knownCanary_s?: number) {
  const { device, clock } = await simulatedDevice(physics);
  const verified = await verifyNetwork({
    device,
    clock,
    network,
    knownCanary_s,
    random: seededRandom(1),
  });
  return { verified, time_s: clock.now_s() };
}

describe("verifying a network", () => {
  it("measures three loads, and every layer", async () => {
    const { verified } = await verify();

    expect(verified.rows.map(({ load, role }) => [load, role])).toEqual([
      [0, "verify"],
      [1, "verify"],
      [2, "verify"],
    ]);
    expect(verified.combined.floor.latency_s / truth_s).toBeCloseTo(1, 6);
    expect(verified.layers.map(({ layer }) => layer)).toEqual(
      network.layers.map(({ name }) => name),
    );
    for (const { kernel, latency_s } of verified.layers)
      expect(Math.abs(latency_s - exactPhysics.kernel_s(kernel))).toBeLessThan(1e-9);
    expect(verified.flags).toEqual([]);
  });

  it("adds loads while the interval is wide, and says when that did not help", async () => {
    const { verified } = await verify({ loadSd: () => 0.05 });

    expect(verified.rows.length).toBe(6);
    expect(verified.flags).toContain("target-ci-missed");
  });

  it("meters the energy where the device can", async () => {
    const { verified } = await verify({ power: { ...usualPower, noise: 0 } });

    expect((verified.energy?.gross.energy_j ?? 0) / (usualPower.run_w * truth_s)).toBeCloseTo(1, 2);
    expect(verified.invalidEnergy).toEqual([]);
  });

  it("tells a machine slower than when its table was measured from a slow network", async () => {
    const calm = await verify();
    const known_s = calm.verified.instruments.canary?.latency_s;
    const slow = { ...exactPhysics.disturbance, slowdown: () => 1.5 };

    expect((await verify({}, known_s)).verified.flags).toEqual([]);
    const { verified, time_s } = await verify({ disturbance: slow }, known_s);
    expect(verified.flags).toContain("drift");
    // Patience of a minute, and the rests between loads.
    expect(time_s).toBeLessThan(120);
  });

  it("says what a slowed machine would have shown at the table's speed", async () => {
    const { device, clock } = await simulatedDevice({
      disturbance: { ...exactPhysics.disturbance, slowdown: () => 1.05 },
    });
    const calm = await verify();

    const { combined, atTableSpeed, flags } = await verifyNetwork({
      device,
      clock,
      network,
      knownCanary_s: calm.verified.instruments.canary?.latency_s,
      tableSlowdown: 1,
      random: seededRandom(1),
    });

    expect(flags).toEqual([]);
    expect(combined.floor.latency_s / truth_s).toBeCloseTo(1.05, 6);
    expect((atTableSpeed?.latency_s ?? 0) / truth_s).toBeCloseTo(1, 6);
  });

  it("interleaves several networks in the same blocks", async () => {
    const { device, clock } = await simulatedDevice(usualPhysics);
    const networks = [0.25, 0.5, 1].map((multiplier) => ({
      network: findPreset("mnist-cnn").build({ multiplier }),
    }));

    const { networks: verified } = await verifyNetworks(
      { device, clock, random: seededRandom(2) },
      networks,
    );

    expect(verified.map(({ rows }) => rows[0]?.block)).toEqual([0, 0, 0]);
    for (const [i, { combined }] of verified.entries()) {
      const expected_s = undisturbed_s(usualPhysics, networks[i]?.network ?? network);
      expect(Math.abs(combined.floor.latency_s / expected_s - 1)).toBeLessThan(0.05);
    }
  });
});
