import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  combineLoads,
  type EnergyTable,
  energyModelOf,
  loadCosts,
  networkKey,
  openTable,
} from "../../energy-db/index.ts";
import {
  energyRules,
  type ProfileOptions,
  type ProfileOutcome,
  planModel,
  profile,
} from "../../profiler/index.ts";
import { kernelKey } from "../../src/network/kernel.ts";
import { seededRandom } from "../../src/random.ts";
import {
  blockedKernel_s,
  exactPhysics,
  type Physics,
  type SimulatedDevice,
  simulatedDevice,
  undisturbed_s,
  usualPower,
} from "./simulated-device/index.ts";
import { quickRules, smallBlocks, smallPlan, smallSpace } from "./small-plan.ts";

const folder = mkdtempSync(join(tmpdir(), "wattsplit-profiler-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let tables = 0;
const newTable = (): EnergyTable =>
  openTable(join(folder, `${tables++}.db`), { mode: "write", create: true });

const plan = smallPlan();
const loads = 3 * plan.networks.length;
/** Fewer networks than fit: each of three blocks has all of them. */
const perBlock = plan.networks.length;

const run = (
  { device, clock }: SimulatedDevice,
  table: EnergyTable,
  options: Partial<ProfileOptions> = {},
) =>
  profile({
    device,
    clock,
    table,
    plan,
    toolVersion: "test",
    random: seededRandom(1),
    rules: quickRules,
    energyRules: { ...energyRules, minWindow_s: 1 },
    ...options,
  });

/** Slower by a factor at some times. */
const slowed = (slowdown: (time_s: number) => number): Partial<Physics> => ({
  disturbance: { ...exactPhysics.disturbance, slowdown },
});

const planned = (table: EnergyTable, platformId: number) =>
  table.networkMeasurements(platformId).filter(({ role }) => role !== "canary");

/** One whole profile on the machine on which nothing varies, for all who only read what it left. */
let whole: {
  readonly table: EnergyTable;
  readonly outcome: ProfileOutcome;
  readonly remaining_s: readonly (number | undefined)[];
};
beforeAll(async () => {
  const table = newTable();
  const remaining_s: (number | undefined)[] = [];
  const outcome = await run(await simulatedDevice(), table, {
    onProgress: (progress) => remaining_s.push(progress.remaining_s),
  });
  whole = { table, outcome, remaining_s };
});
afterAll(() => whole?.table.close());

describe("profiling a search space", () => {
  it("stores three loads of every network, each in another block, and every kernel of the plan", () => {
    const { table, outcome } = whole;

    expect(outcome).toMatchObject({ stoppedBy: "done", measured: loads + blocksOf(table) });
    const combined = combineLoads(planned(table, outcome.platformId));
    expect(combined).toHaveLength(plan.networks.length);
    for (const { rows } of combined) {
      expect(rows.map(({ load }) => load).sort()).toEqual([0, 1, 2]);
      expect(new Set(rows.map(({ block }) => block)).size).toBe(3);
    }
    const stored = new Set(
      table.kernelMeasurements(outcome.platformId).map(({ kernel }) => kernelKey(kernel)),
    );
    for (const kernel of plan.kernels) expect(stored).toContain(kernelKey(kernel));
  });

  it("measures what the formula says, of networks and kernels", () => {
    const { table, outcome } = whole;

    for (const { network, floor, typical, rows } of combineLoads(
      planned(table, outcome.platformId),
    )) {
      const truth_s = undisturbed_s(exactPhysics, network);
      expect(floor.latency_s / truth_s).toBeCloseTo(1, 6);
      expect((typical?.latency_s ?? 0) / truth_s).toBeCloseTo(1, 6);
      for (const { kernel, latency, flags } of rows[0]?.kernels ?? []) {
        expect(Math.abs(latency.latency_s - blockedKernel_s(kernel))).toBeLessThan(1e-9);
        expect(flags.includes("below-resolution")).toBe(latency.latency_s < 1e-6);
      }
    }
  });

  it("calls nothing measured that a formula gave", () => {
    const { table, outcome } = whole;

    const provenances = planned(table, outcome.platformId).map(({ provenance }) => provenance);
    expect(new Set(provenances)).toEqual(new Set(["simulated"]));
  });

  it("keeps what it learnt of its instruments, and every batch", async () => {
    const table = newTable();
    const { platformId } = await run(await simulatedDevice({ power: usualPower }), table, {
      plan: { ...plan, networks: plan.networks.slice(0, 4) },
    });

    const [session] = table.sessions(platformId);
    expect(session?.instruments.recording?.time_s).toBeCloseTo(2.6e-6, 8);
    expect(session?.instruments.canary?.latency_s).toBeGreaterThan(0);
    expect(session?.instruments.meter?.updatePeriod_s).toBeCloseTo(1e-3, 6);
    // Node times are taken in the first load of a network: two batches more per sample.
    const row = planned(table, platformId).find(({ load }) => load === 0);
    const log = table.batches(row?.id ?? 0);
    expect(log?.latency_s).toHaveLength(6 * 7);
    expect(log?.slowdown.every((factor) => factor > 0.99)).toBe(true);
    table.close();
  });

  it("measures nothing twice when run again", async () => {
    const again = await run(await simulatedDevice(), whole.table);

    expect(again).toMatchObject({ measured: 0, skipped: plan.networks.length, present: loads });
  });

  it("stops at the time limit and continues from there", async () => {
    const table = newTable();

    const first = await run(await simulatedDevice(), table, { timeLimit_s: 2 });
    const second = await run(await simulatedDevice(), table);

    expect(first.stoppedBy).toBe("time-limit");
    expect(first.measured).toBeGreaterThan(0);
    expect(second.stoppedBy).toBe("done");
    expect(planned(table, second.platformId)).toHaveLength(loads);
    table.close();
  });

  it("measures a model that was given once before all others, however short the time", async () => {
    const table = newTable();
    const [ofModel] = planModel({ ...smallSpace, imageSizes: 0, widest: 1.5 });

    const { platformId, stoppedBy } = await run(await simulatedDevice(), table, {
      plan: ofModel,
      timeLimit_s: 0.1,
      rules: smallBlocks,
    });

    const measured = planned(table, platformId).map(({ network }) => networkKey(network));
    expect(stoppedBy).toBe("time-limit");
    expect(measured.length).toBeLessThan(ofModel.networks.length);
    const given = networkKey(ofModel.space.network);
    expect(measured.filter((key) => key === given)).toHaveLength(1);
    table.close();
  });

  it("keeps finished blocks when interrupted in the middle of one", async () => {
    const table = newTable();
    const controller = new AbortController();
    let batchesLeft = Number.POSITIVE_INFINITY;
    const device = await simulatedDevice({
      onBatch: () => {
        if (--batchesLeft === 0) controller.abort(new Error("interrupted"));
      },
    });

    const outcome = await run(device, table, {
      signal: controller.signal,
      onProgress: ({ done }) => {
        if (done > 0) batchesLeft = 60;
      },
    });

    expect(outcome.stoppedBy).toBe("interrupted");
    expect(planned(table, outcome.platformId)).toHaveLength(perBlock);
    table.close();
  });

  it("lets errors of the device through", async () => {
    const table = newTable();
    const device = await simulatedDevice({
      onBatch: () => {
        throw new Error("cable pulled");
      },
    });

    await expect(run(device, table)).rejects.toThrow("cable pulled");
    table.close();
  });

  it("reports progress with an estimate of what remains", () => {
    const { remaining_s } = whole;

    expect(remaining_s).toHaveLength(loads / perBlock);
    expect(remaining_s[0]).toBeUndefined();
    expect(remaining_s[1]).toBeGreaterThan(0);
  });

  it("takes no disturbed sample into the floor when the machine is slow for a while", async () => {
    const table = newTable();
    // Slow for 100 ms in every 300 ms, as by a neighbour's bursts.
    const device = await simulatedDevice(slowed((time_s) => (time_s % 0.3 < 0.1 ? 1.6 : 1)));

    const { platformId } = await run(device, table);

    for (const { network, floor } of combineLoads(planned(table, platformId)))
      expect(floor.latency_s / undisturbed_s(exactPhysics, network)).toBeCloseTo(1, 3);
    table.close();
  });

  it("keeps loads that drifted, flagged, and measures them again when the machine is calm", async () => {
    const table = newTable();
    const device = await simulatedDevice(
      slowed((time_s) => (time_s > 1.4 && time_s < 20 ? 1.3 : 1)),
    );

    const { flags, platformId } = await run(device, table, { maxLoads: 3 });

    expect(flags.drift).toBeGreaterThan(0);
    const rows = planned(table, platformId);
    const superseded = rows.filter(({ flags }) => flags.includes("superseded"));
    expect(superseded.length).toBeGreaterThan(0);
    expect(rows.length - superseded.length).toBe(loads);
    for (const { network, floor } of combineLoads(rows))
      expect(floor.latency_s / undisturbed_s(exactPhysics, network)).toBeCloseTo(1, 3);
    table.close();
  });

  it("ends in bounded time on a machine that never calms down again", async () => {
    const table = newTable();
    const device = await simulatedDevice(slowed((time_s) => (time_s < 3 ? 1 : 1.5)));

    const { stoppedBy, measured, platformId } = await run(device, table, {
      patience_s: 1,
      maxLoads: 3,
    });

    expect(stoppedBy).toBe("done");
    const later = planned(table, platformId).filter(({ block = 0 }) => block > 2);
    expect(later.length).toBeGreaterThanOrEqual(perBlock);
    expect(later.every(({ flags }) => flags.includes("drift"))).toBe(true);
    // 30 s and 1 s for each load are the patience; the rest is measuring.
    expect(device.clock.now_s()).toBeLessThan(40 + 1.5 * measured);
    table.close();
  });

  it("adds loads while intervals are wider than asked for, and says where that did not help", async () => {
    const table = newTable();
    const device = await simulatedDevice({ loadSd: () => 0.05 });

    const { flags, platformId } = await run(device, table, {
      plan: { ...plan, targetCi: 0.001 },
      maxLoads: 4,
      refineWithin_s: Number.POSITIVE_INFINITY,
    });

    expect(flags["target-ci-missed"]).toBe(plan.networks.length);
    for (const { rows } of combineLoads(planned(table, platformId))) expect(rows).toHaveLength(4);
    table.close();
  });

  it("begins no more loads for the sake of intervals once their time is over, and says what missed them", async () => {
    const table = newTable();
    const device = await simulatedDevice({ loadSd: () => 0.05 });

    const { flags, platformId, stoppedBy } = await run(device, table, {
      plan: { ...plan, targetCi: 0.001 },
      maxLoads: 4,
      refineWithin_s: 0,
    });

    expect(stoppedBy).toBe("done");
    expect(flags["target-ci-missed"]).toBe(plan.networks.length);
    for (const { rows } of combineLoads(planned(table, platformId))) expect(rows).toHaveLength(3);
    table.close();
  });

  it("times kernels alone when asked to, under their own method", async () => {
    const table = newTable();

    const { platformId, measured } = await run(await simulatedDevice(), table, {
      method: "isolated",
    });

    expect(measured).toBe(plan.kernels.length);
    expect(table.kernelMeasurements(platformId, { method: "isolated" })).toHaveLength(measured);
    expect(table.integrity()).toBeUndefined();
    table.close();
  });
});

/** Every block has the canary among its networks. */
function blocksOf(table: EnergyTable): number {
  const [platform] = table.platforms();
  return table.networkMeasurements(platform?.id ?? 0, { role: "canary" }).length;
}

describe("energy in a profile", () => {
  it("is absent without a meter", () => {
    const { table, outcome } = whole;

    expect(energyModelOf(table, outcome.platformId)).toBeUndefined();
    expect(loadCosts(table, outcome.platformId).cost(firstKernel()).energy_j).toBeUndefined();
  });

  it("is modelled from an assumed power, and says so", async () => {
    const table = newTable();
    const { platformId } = await run(await simulatedDevice(), table, { assumePower_w: 10 });

    const cost = loadCosts(table, platformId).cost(firstKernel());
    expect(cost.energyProvenance).toBe("modelled");
    expect(cost.energy_j).toBeCloseTo(10 * cost.latency_s, 12);
    table.close();
  });

  it("is metered over five separated windows with idle power before and after each, and not again", async () => {
    const table = newTable();
    const power = { ...usualPower, noise: 0 };

    const { platformId, invalidEnergy } = await run(await simulatedDevice({ power }), table);

    expect(invalidEnergy).toEqual([]);
    const metered = planned(table, platformId).filter(({ energy }) => energy);
    expect(metered).toHaveLength(plan.networks.filter((network) => network.metered).length);
    for (const { id, energy, network } of metered) {
      const truth_s = undisturbed_s(exactPhysics, network);
      const kinds = table.energyWindows(id).map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === "load")).toHaveLength(5);
      expect(kinds.join(" ")).toMatch(/^idle (load idle ?|idle )+$/);
      expect(energy?.provenance).toBe("simulated");
      expect(energy?.idle_power_w).toBeCloseTo(power.idle_w, 2);
      expect((energy?.gross.energy_j ?? 0) / (power.run_w * truth_s)).toBeCloseTo(1, 2);
      const net_w = power.run_w - power.idle_w;
      expect((energy?.net?.energy_j ?? 0) / (net_w * truth_s)).toBeCloseTo(1, 2);
    }
    expect(energyModelOf(table, platformId)).toMatchObject({ source: "simulated" });
    expect(energyModelOf(table, platformId)?.power_w).toBeCloseTo(power.run_w, 0);
    const { energy_j = 0, net_energy_j = 0 } = loadCosts(table, platformId).cost(firstKernel());
    expect(net_energy_j / energy_j).toBeCloseTo((power.run_w - power.idle_w) / power.run_w, 2);
    const again = await run(await simulatedDevice({ power }), table);
    expect(again).toMatchObject({ measured: 0, skipped: plan.networks.length });
    table.close();
  });

  it("keeps what the meter showed, raw, and how densely every window was read", async () => {
    const table = newTable();

    const { platformId } = await run(await simulatedDevice({ power: usualPower }), table);

    const metered = planned(table, platformId).filter(({ energy }) => energy);
    const [session] = table.sessions(platformId);
    const logs = table.meterLogs(session?.id ?? 0);
    const logged = logs.flatMap(({ windows }) => windows.flatMap(({ load }) => load?.key ?? []));
    expect(new Set(logged)).toEqual(new Set(metered.map(({ network }) => networkKey(network))));
    for (const { id } of metered)
      for (const { rails } of table.energyWindows(id))
        expect(rails).toEqual([
          expect.objectContaining({
            readings: expect.any(Number),
            largestGap_s: expect.any(Number),
          }),
        ]);
    for (const { readings, windows } of logs) {
      const times_s = readings.map(({ time_s }) => time_s);
      expect(Math.min(...times_s)).toBeLessThanOrEqual(windows[0]?.start_s ?? 0);
      expect(times_s.at(-1)).toBeGreaterThanOrEqual(windows.at(-1)?.end_s ?? 0);
    }
    table.close();
  });

  it("is absent, with the reason, where the counter stands still", async () => {
    const table = newTable();
    const power = { ...usualPower, run_w: 0, idle_w: 0 };

    const { platformId } = await run(await simulatedDevice({ power }), table);

    expect(planned(table, platformId).some(({ energy }) => energy)).toBe(false);
    table.close();
  });

  it("has no net part where the network draws no more than the idle machine", async () => {
    const table = newTable();
    const power = { ...usualPower, run_w: 8, idle_w: 8.2, noise: 0 };

    const { platformId } = await run(await simulatedDevice({ power }), table);

    const energies = planned(table, platformId).flatMap(({ energy }) => energy ?? []);
    expect(energies.length).toBeGreaterThan(0);
    for (const { gross, net } of energies) {
      expect(gross.energy_j).toBeGreaterThan(0);
      expect(net).toBeUndefined();
    }
    table.close();
  });
});

const firstKernel = () => plan.kernels[0] ?? never();
const never = () => {
  throw new Error("absent");
};
