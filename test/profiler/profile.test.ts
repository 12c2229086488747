import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Device } from "../../devices/index.ts";
import { type EnergyTable, energyModelOf, loadCosts, openTable } from "../../energy-db/index.ts";
import { type ProfileOptions, profile, samplingRules } from "../../profiler/index.ts";
import { kernelKey } from "../../src/network/kernel.ts";
import { seededRandom } from "../../src/random.ts";
import { linearKernel, simulatedDevice, steppedKernel } from "./simulated-device.ts";
import { smallPlan } from "./small-plan.ts";

const folder = mkdtempSync(join(tmpdir(), "wattsplit-profiler-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let tables = 0;
const newTable = (): EnergyTable =>
  openTable(join(folder, `${tables++}.db`), { mode: "write", create: true });

const plan = smallPlan();

const run = (device: Device, table: EnergyTable, options: Partial<ProfileOptions> = {}) =>
  profile({
    device,
    table,
    plan,
    toolVersion: "test",
    random: seededRandom(1),
    rules: { ...samplingRules, minSamples: 10, maxSamples: 30 },
    ...options,
  });

describe("profiling a search space", () => {
  it("stores every kernel of the plan and a calibration that finds the formula again", async () => {
    const table = newTable();

    const outcome = await run(simulatedDevice({ overhead_s: 20e-6 }), table);

    expect(outcome).toMatchObject({ stoppedBy: "done", measured: plan.networks.length });
    const stored = new Set(
      table.kernelMeasurements(outcome.platformId).map(({ kernel }) => kernelKey(kernel)),
    );
    for (const kernel of plan.kernels) expect(stored).toContain(kernelKey(kernel));
    expect(outcome.calibration?.overhead_s).toBeCloseTo(20e-6, 8);
    expect(outcome.calibration?.slope).toBeCloseTo(1, 3);
    expect(outcome.calibration?.p90Error).toBeLessThan(0.03);
    table.close();
  });

  it("answers a measured kernel with its formula's time", async () => {
    const table = newTable();
    const { platformId } = await run(simulatedDevice({ kernel_s: steppedKernel }), table);
    const costs = loadCosts(table, platformId);

    for (const kernel of plan.kernels.slice(0, 20))
      expect(costs.cost(kernel).latency_s).toBeCloseTo(steppedKernel(kernel), 8);
    table.close();
  });

  it("measures nothing twice when run again", async () => {
    const table = newTable();
    await run(simulatedDevice(), table);

    const again = await run(simulatedDevice(), table);

    expect(again).toMatchObject({ measured: 0, skipped: plan.networks.length });
    table.close();
  });

  it("stops at the time limit and continues from there", async () => {
    const table = newTable();

    const first = await run(simulatedDevice(), table, { timeLimit_s: 1.8 });
    const second = await run(simulatedDevice(), table);

    expect(first.stoppedBy).toBe("time-limit");
    expect(first.measured).toBeGreaterThan(0);
    expect(second.skipped).toBe(first.measured);
    expect(second.stoppedBy).toBe("done");
    table.close();
  });

  it("keeps finished networks when interrupted in the middle of one", async () => {
    const table = newTable();
    const controller = new AbortController();
    let batchesLeft = Number.POSITIVE_INFINITY;
    const device = simulatedDevice({
      onBatch: () => {
        if (--batchesLeft === 0) controller.abort(new Error("interrupted"));
      },
    });

    const outcome = await run(device, table, {
      signal: controller.signal,
      onProgress: ({ done }) => {
        if (done === 3) batchesLeft = 60;
      },
    });

    expect(outcome.stoppedBy).toBe("interrupted");
    const stored = table
      .networkMeasurements(outcome.platformId)
      .filter(({ role }) => role !== "canary");
    expect(outcome.measured).toBe(3);
    expect(stored).toHaveLength(3);
    table.close();
  });

  it("lets errors of the device through", async () => {
    const table = newTable();
    const device = simulatedDevice({
      onBatch: () => {
        throw new Error("cable pulled");
      },
    });

    await expect(run(device, table)).rejects.toThrow("cable pulled");
    table.close();
  });

  it("reports progress with an estimate of what remains", async () => {
    const table = newTable();
    const seen: (number | undefined)[] = [];

    await run(simulatedDevice(), table, {
      onProgress: ({ remaining_s }) => seen.push(remaining_s),
    });

    expect(seen).toHaveLength(plan.networks.length);
    expect(seen[0]).toBeUndefined();
    expect(seen[1]).toBeGreaterThan(0);
    table.close();
  });

  it("takes no disturbed sample into the summary when the machine is slow for a while", async () => {
    const table = newTable();
    // Slow for 100 ms in every 300 ms, as by a neighbour's bursts.
    const device = simulatedDevice({ slowdown: (time_s) => (time_s % 0.3 < 0.1 ? 1.6 : 1) });

    const { platformId, calibration } = await run(device, table);

    const [row] = table.kernelMeasurements(platformId);
    expect(row?.latency.latency_s).toBeCloseTo(linearKernel(row?.kernel ?? never()), 8);
    expect(calibration?.medianError).toBeLessThan(0.03);
    table.close();
  });

  it("flags drift when the machine stays slow", async () => {
    const table = newTable();
    let isSlow = false;
    const device = simulatedDevice({ slowdown: () => (isSlow ? 1.3 : 1) });

    const { flags } = await run(device, table, {
      onProgress: ({ done }) => {
        isSlow = done >= 3;
      },
    });

    expect(flags.drift).toBeGreaterThan(0);
    table.close();
  });

  it("ends in bounded time on a machine that never calms down again", async () => {
    const table = newTable();
    const device = simulatedDevice({ slowdown: (time_s) => (time_s < 1.3 ? 1 : 1.5) });

    const { stoppedBy, measured, flags } = await run(device, table, { patience_s: 1 });

    expect(stoppedBy).toBe("done");
    expect(flags.drift).toBeGreaterThan(measured / 2);
    // 30 s and 1 s for each network are the patience; the rest is measuring.
    expect(device.clock.now_s()).toBeLessThan(30 + 2.5 * measured);
    table.close();
  });

  it("times kernels alone when asked to, under their own method", async () => {
    const table = newTable();

    const { platformId, measured } = await run(simulatedDevice(), table, { method: "isolated" });

    expect(measured).toBe(plan.kernels.length);
    expect(table.kernelMeasurements(platformId, { method: "isolated" })).toHaveLength(measured);
    expect(table.integrity()).toBeUndefined();
    table.close();
  });
});

describe("energy in a profile", () => {
  it("is absent without a meter", async () => {
    const table = newTable();
    const { platformId } = await run(simulatedDevice(), table);

    expect(energyModelOf(table, platformId)).toBeUndefined();
    expect(loadCosts(table, platformId).cost(firstKernel()).energy_j).toBeUndefined();
    table.close();
  });

  it("is modelled from an assumed power, and says so", async () => {
    const table = newTable();
    const { platformId } = await run(simulatedDevice(), table, { assumePower_w: 10 });

    const cost = loadCosts(table, platformId).cost(firstKernel());
    expect(cost.energyProvenance).toBe("modelled");
    expect(cost.energy_j).toBeCloseTo(10 * cost.latency_s, 12);
    table.close();
  });

  it("is metered over windows of five seconds with idle power before and after", async () => {
    const table = newTable();
    const device = simulatedDevice({ power_w: 30, idlePower_w: 5 });

    const { platformId, invalidEnergy } = await run(device, table);

    expect(invalidEnergy).toEqual([]);
    const [metered] = table
      .networkMeasurements(platformId, { role: "design" })
      .filter(({ energy }) => energy);
    const latency_s = metered?.latency.floor.latency_s ?? never();
    expect(metered?.energy?.window_s).toBeGreaterThanOrEqual(5);
    expect((metered?.energy?.gross.energy_j ?? 0) / (30 * latency_s)).toBeCloseTo(1, 1);
    expect(metered?.energy?.idle_power_w).toBeCloseTo(5, 1);
    expect((metered?.energy?.net?.energy_j ?? 0) / (25 * latency_s)).toBeCloseTo(1, 1);
    expect(energyModelOf(table, platformId)).toMatchObject({
      provenance: "measured",
      source: "rapl",
    });
    expect(energyModelOf(table, platformId)?.power_w).toBeCloseTo(30, 0);
    table.close();
  });
});

const firstKernel = () => plan.kernels[0] ?? never();
const never = () => {
  throw new Error("absent");
};
