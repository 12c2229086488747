import { describe, expect, test } from "vitest";
import { openTable } from "../../energy-db/index.ts";
import { UserError } from "../../src/errors.ts";
import { kernelsOf } from "../../src/network/kernel.ts";
import {
  calibration,
  chain,
  identity,
  measuredKernel,
  measuredNetwork,
  runSettings,
} from "./example-rows.ts";
import { freshTable } from "./temporary.ts";

const cost = () => 5e-5;

function tableWithRun() {
  const table = freshTable();
  const platform = table.ensurePlatform(identity, { cores: 2 });
  return { table, platform, run: table.startRun(platform.id, runSettings) };
}

describe("an energy table", () => {
  test("gives back a network measurement as it was stored, also in another process's reader", () => {
    const { table, platform, run } = tableWithRun();
    const measured = measuredNetwork(chain(16, 32), cost, {
      role: "probe",
      flags: ["drift"],
      conditions: { temperature_start_c: 40, clock_end_hz: 2e9, load: 0.2 },
      energy: {
        energy_j: 0.01,
        low_j: 0.009,
        high_j: 0.011,
        idle_power_w: 2,
        net_energy_j: 0.008,
        window_s: 5,
        windows: 3,
        meter: "rapl",
        provenance: "measured",
      },
    });

    const id = table.addNetworkMeasurement(platform.id, run, measured);
    const reader = openTable(table.path, { mode: "read" });
    const [stored] = reader.networkMeasurements(platform.id);

    const { samples_s, kernels, ...summary } = measured;
    expect(stored).toMatchObject({ ...summary, id, space: "chain" });
    expect(
      stored?.kernels.map(({ layer, kernel, latency }) => ({ layer, kernel, latency })),
    ).toEqual(kernels.map(({ layer, kernel, latency }) => ({ layer, kernel, latency })));
    expect(reader.samples("network", id)).toEqual(samples_s);
    expect(reader.samples("kernel", stored?.kernels[1]?.id ?? 0)).toEqual(kernels[1]?.samples_s);
    reader.close();
    table.close();
  });

  test("stores a design network once and knows that it has it", () => {
    const { table, platform, run } = tableWithRun();
    const measured = measuredNetwork(chain(16, 32), cost);

    table.addNetworkMeasurement(platform.id, run, measured);

    expect(table.hasNetwork(platform.id, chain(16, 32), "design", 1)).toBe(true);
    expect(table.hasNetwork(platform.id, { ...chain(16, 32), name: "other" }, "design", 1)).toBe(
      true,
    );
    expect(table.hasNetwork(platform.id, chain(16, 33), "design", 1)).toBe(false);
    expect(table.hasNetwork(platform.id, chain(16, 32), "held-out", 1)).toBe(false);
    expect(() => table.addNetworkMeasurement(platform.id, run, measured)).toThrow(/UNIQUE/);
    table.close();
  });

  test("stores the probe network as often as it is measured", () => {
    const { table, platform, run } = tableWithRun();
    const probe = measuredNetwork(chain(16, 32), cost, { role: "probe" });

    table.addNetworkMeasurement(platform.id, run, probe);
    table.addNetworkMeasurement(platform.id, run, probe);

    expect(table.networkMeasurements(platform.id, { role: "probe" })).toHaveLength(2);
    expect(table.networkMeasurements(platform.id, { role: "design" })).toHaveLength(0);
    expect(table.networkMeasurements(platform.id, { space: "elsewhere" })).toHaveLength(0);
    table.close();
  });

  test("keeps nothing of a measurement that fails half way", () => {
    const { table, platform, run } = tableWithRun();
    const measured = measuredNetwork(chain(16, 32), cost);
    const [first] = measured.kernels;
    const broken = { ...measured, kernels: first ? [first, first] : [] };

    expect(() => table.addNetworkMeasurement(platform.id, run, broken)).toThrow();

    expect(table.networkMeasurements(platform.id)).toHaveLength(0);
    expect(table.kernelMeasurements(platform.id)).toHaveLength(0);
    table.close();
  });

  test("keeps isolated kernel times apart from those in context", () => {
    const { table, platform, run } = tableWithRun();
    const [{ kernel } = { kernel: undefined }] = kernelsOf(chain(16, 32));
    if (!kernel) throw new Error("The chain has kernels");
    const measured = { ...measuredKernel(kernel, 1e-5), measuredAt: "2026-01-01T00:00:02Z" };

    table.addIsolatedMeasurement(platform.id, run, measured);

    expect(table.hasIsolated(platform.id, kernel)).toBe(true);
    expect(table.hasIsolated(platform.id, { ...kernel, outChannels: 99 })).toBe(false);
    expect(table.kernelMeasurements(platform.id, "isolated")).toHaveLength(1);
    expect(table.kernelMeasurements(platform.id)).toHaveLength(0);
    table.close();
  });

  test("keeps one platform per identity and updates its details", () => {
    const { table, platform } = tableWithRun();

    const again = table.ensurePlatform(identity, { cores: 4 });
    const other = table.ensurePlatform({ ...identity, threads: 2 }, {});

    expect(again.id).toBe(platform.id);
    expect(other.id).not.toBe(platform.id);
    expect(
      table.platforms().map(({ threads, details, runs }) => ({ threads, details, runs })),
    ).toEqual([
      { threads: 1, details: { cores: 4 }, runs: 1 },
      { threads: 2, details: {}, runs: 0 },
    ]);
    table.close();
  });

  test("finds a platform by what tells it apart and lists the choices otherwise", () => {
    const { table, platform } = tableWithRun();
    table.ensurePlatform({ ...identity, threads: 2 }, {});

    expect(table.findPlatform({ device: "local", threads: 1 }).id).toBe(platform.id);
    expect(() => table.findPlatform({ device: "local" })).toThrow(
      "2 platforms match (device local)",
    );
    expect(() => table.findPlatform({ device: "pixel" })).toThrow(UserError);
    table.close();
  });

  test("keeps runs, plans, calibrations and the energy model", () => {
    const { table, platform, run } = tableWithRun();
    const model = {
      provenance: "modelled",
      source: "assumed",
      power_w: 10,
      powerByOp_w: { conv2d: 12 },
      relativeHalfWidth: 0,
    } as const;

    table.finishRun(run, "2026-01-01T01:00:00Z", "done");
    table.putPlan(platform.id, "round 1", { networks: [1, 2] });
    table.putCalibration(platform.id, calibration);
    table.putCalibration(platform.id, { ...calibration, space: "other", slope: 1.3 });
    table.putCalibration(platform.id, { ...calibration, slope: 1.2 });
    table.putEnergyModel(platform.id, model);

    expect(table.runs(platform.id)).toEqual([
      { id: run, ...runSettings, finishedAt: "2026-01-01T01:00:00Z", outcome: "done" },
    ]);
    expect(table.plan(platform.id, "round 1")).toEqual({ networks: [1, 2] });
    expect(table.plan(platform.id, "round 2")).toBeUndefined();
    expect(table.calibrations(platform.id)).toHaveLength(2);
    expect(table.calibration(platform.id)?.slope).toBe(1.2);
    expect(table.calibration(platform.id, "other")?.slope).toBe(1.3);
    expect(table.calibration(platform.id, "nowhere")).toBeUndefined();
    expect(table.energyModel(platform.id)).toEqual(model);
    table.close();
  });
});
