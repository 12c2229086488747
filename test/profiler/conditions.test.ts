import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, test } from "vitest";
import { isSustainedMode, type MachineState } from "../../devices/index.ts";
import { type EnergyTable, openTable } from "../../energy-db/index.ts";
import { conditionFlags, findingsOf, type Judged } from "../../profiler/conditions.ts";
import { type ProfileOptions, profile } from "../../profiler/index.ts";
import { conditionNotices } from "../../profiler/session-conditions.ts";
import { seededRandom } from "../../src/random.ts";
import { type SimulatedDevice, simulatedDevice, usualPower } from "./simulated-device/index.ts";
import { quickRules, smallPlan } from "./small-plan.ts";

const folder = mkdtempSync(join(tmpdir(), "wattsplit-conditions-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let tables = 0;
const newTable = (): EnergyTable =>
  openTable(join(folder, `${tables++}.db`), { mode: "write", create: true });

const whole = smallPlan();
/** Two blocks of three networks and more. */
const plan = { ...whole, networks: whole.networks.slice(0, 3) };
const heat = { stretch_s: 1, least_s: 5, most_s: 60, agreement: 0.01, agreement_c: 1 };

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
    heatRules: heat,
    maxLoads: 3,
    ...options,
  });

const rowsOf = (table: EnergyTable, platformId: number) =>
  table.networkMeasurements(platformId).filter(({ role }) => role !== "canary");
const conditionsIn = (table: EnergyTable) =>
  table.sessions(table.platforms()[0]?.id ?? 0)[0]?.instruments.conditions;

/** 70 degrees, and half a degree less every second, down to 40. */
const cooling = (time_s: number): MachineState => ({
  temperature_c: Math.max(40, 70 - time_s / 2),
});

describe("before and while it measures, a profile", () => {
  it("waits until the device has cooled down, says why, and keeps how long", async () => {
    const table = newTable();
    const device = await simulatedDevice({ state: cooling }, { startTemperature_c: 60 });
    const told: string[] = [];

    const { platformId } = await run(device, table, {
      onProgress: ({ label }) => told.push(label),
    });

    expect(told[0]).toBe("waiting: 70.0 °C; expected at most 60 °C; seconds");
    expect(told.find((label) => label.startsWith("loads"))).toBe("loads, 60 °C");
    expect(conditionsIn(table)).toMatchObject({
      before: { temperature_c: 60 },
      findings: [],
      waited_s: 20,
    });
    expect(rowsOf(table, platformId).flatMap(({ flags }) => flags)).toEqual([]);
    table.close();
  });

  it("refuses a device that stays hot, with what was found, expected, and the next step", async () => {
    const table = newTable();
    const device = await simulatedDevice(
      { state: () => ({ temperature_c: 71.2 }) },
      { startTemperature_c: 60 },
    );

    await expect(run(device, table)).rejects.toMatchObject({
      name: "UserError",
      exit: "unavailable",
      message:
        "The device is in no state to be measured: 71.2 °C; expected at most 60 °C, after waiting 900 s",
      hint: expect.stringContaining("--allow-conditions"),
    });
    expect(table.platforms()[0]?.networkMeasurements).toBe(0);
    table.close();
  });

  it("goes on where that is allowed, flags every row, and keeps what was amiss", async () => {
    const table = newTable();
    const device = await simulatedDevice(
      { state: () => ({ temperature_c: 71.2, clock_hz: 2e9 }) },
      { startTemperature_c: 60 },
    );
    const notices: string[] = [];

    const { platformId, flags } = await run(device, table, {
      allowConditions: true,
      onNotice: (notice) => notices.push(notice),
    });

    const rows = rowsOf(table, platformId);
    expect(rows).toHaveLength(9);
    expect(rows.every(({ flags }) => flags.includes("hot"))).toBe(true);
    expect(flags.hot).toBeGreaterThanOrEqual(9);
    expect(notices).toEqual([
      "Measured nevertheless, and flagged: 71.2 °C; expected at most 60 °C",
    ]);
    expect(conditionsIn(table)).toMatchObject({
      findings: ["71.2 °C; expected at most 60 °C"],
      during: { temperature_c: [71.2, 71.2], clock_hz: [2e9, 2e9] },
    });
    table.close();
  });

  it("stops when the battery runs low in between, keeps what it has, and goes on later", async () => {
    const table = newTable();
    let level = 0.5;
    const state = (): MachineState => ({ battery: { status: "discharging", level } });
    const onProgress = ({ done }: { readonly done: number }): void => {
      if (done > 0) level = 0.19;
    };

    await expect(
      run(await simulatedDevice({ state }), table, { onProgress }),
    ).rejects.toMatchObject({
      message: expect.stringContaining("battery at 19 %; expected at least 20 %"),
    });
    const [platform] = table.platforms();
    const kept = rowsOf(table, platform?.id ?? 0);
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(9);

    await run(await simulatedDevice(), table);
    expect(rowsOf(table, platform?.id ?? 0)).toHaveLength(9);
    table.close();
  });

  it("tells sustained from cold: two platforms, and the second is heated up until it is steady", async () => {
    const table = newTable();
    // 40 degrees; under the work that begins at once, warmer with a time constant of ten seconds.
    const state = (time_s: number): MachineState => ({
      temperature_c: 80 - 40 * Math.exp(-time_s / 10),
    });
    const cold = await simulatedDevice({ state: () => ({ temperature_c: 40 }) });
    const hot = await simulatedDevice({ state }, { startTemperature_c: 60, isSustained: true });

    await run(cold, table);
    const { platformId } = await run(hot, table);

    expect(table.platforms().map(({ powerMode }) => powerMode)).toEqual([
      "fixed",
      "fixed, sustained",
    ]);
    expect(table.platforms().map(({ powerMode }) => isSustainedMode(powerMode))).toEqual([
      false,
      true,
    ]);
    const [session] = table.sessions(platformId);
    expect(session?.instruments.conditions?.heated_s).toBeGreaterThan(20);
    expect(session?.instruments.conditions?.heated_s).toBeLessThan(60);
    expect(rowsOf(table, platformId).flatMap(({ flags }) => flags)).toEqual([]);
    table.close();
  });

  it("measures what reading the meter takes, and keeps it", async () => {
    const table = newTable();
    // A reading every 10 ms, and of a hundredth of a joule: 1 W.
    const power = { ...usualPower, noise: 0, read_j: 1e-2 };

    const { platformId } = await run(await simulatedDevice({ power }), table);

    const [session] = table.sessions(platformId);
    const sampler = session?.instruments.conditions?.sampler;
    expect(sampler?.power_w).toBeGreaterThan(0.97);
    expect(sampler?.power_w).toBeLessThan(1.03);
    expect(sampler?.low_w).toBeLessThanOrEqual(sampler?.power_w ?? 0);
    table.close();
  });

  it("counts the cores that others keep busy, and warns of them", async () => {
    const table = newTable();
    const device = await simulatedDevice({ state: (time_s) => ({ busy_s: 0.8 * time_s }) });
    const notices: string[] = [];

    const { platformId } = await run(device, table, { onNotice: (notice) => notices.push(notice) });

    expect(conditionsIn(table)?.before.busyCores).toBeCloseTo(0.8, 6);
    expect(notices).toEqual([
      expect.stringContaining("keeps 0.8 cores busy; expected at most 0.3"),
    ]);
    expect(rowsOf(table, platformId).map(({ flags }) => flags)).toEqual(
      Array(9).fill(["background-load"]),
    );
    table.close();
  });

  it("goes on where a governor holds the clocks down, says so, and flags every row", async () => {
    const table = newTable();
    const state = (): MachineState => ({ powerMode: "fixed", savesPower: true });
    const device = await simulatedDevice({ state });
    const notices: string[] = [];

    const { platformId } = await run(device, table, { onNotice: (notice) => notices.push(notice) });

    expect(notices).toEqual([expect.stringMatching(/flagged: clocks are held down .*fixed/)]);
    expect(rowsOf(table, platformId).map(({ flags }) => flags)).toEqual(
      Array(9).fill(["powersave"]),
    );
    table.close();
  });

  it("waits before energy windows too, until the device has cooled down and the machine is calm", async () => {
    const table = newTable();
    let isHot = false;
    const waited: number[] = [];
    let looks = 0;
    const state = (): MachineState => {
      // Of the state before a script, after it, and between two scripts: hot before the metering of each block.
      if (isHot && ++looks > 3) isHot = false;
      return { temperature_c: isHot ? 80 : 40 };
    };
    const simulated = await simulatedDevice(
      { state, power: usualPower },
      { startTemperature_c: 60 },
    );
    const device = {
      ...simulated.device,
      measure: async (...[script, options]: Parameters<typeof simulated.device.measure>) => {
        const steps = script.steps.map(({ kind }) => kind);
        if (steps.includes("meter")) {
          expect(steps).toEqual(["await-calm", "meter"]);
          expect(state().temperature_c).toBe(40);
          waited.push(simulated.clock.now_s());
        }
        const raw = await simulated.device.measure(script, options);
        isHot = steps.includes("sample");
        looks = 0;
        return raw;
      },
    };

    await run({ ...simulated, device }, table);

    expect(waited.length).toBeGreaterThan(0);
    expect(conditionsIn(table)?.waited_s).toBeGreaterThan(0);
    table.close();
  });
});

const judged = (
  conditions: Partial<Judged["conditions"]> = {},
  needsDischarging = false,
): Judged => ({
  conditions: { isSustained: false, powerMode: "schedutil", ...conditions },
  capabilities: {
    models: { format: "onnx", precision: "float32" },
    freshBatches: false,
    nodeProfiling: false,
    simulated: false,
    shortestBatch_s: 0,
    meter: {
      id: "battery",
      quality: "measured",
      rails: [],
      caveats: [],
      ...(needsDischarging ? { needsDischarging: true as const } : {}),
    },
  },
});

describe("of a device's state", () => {
  test.each<[string, MachineState, Judged, readonly string[]]>([
    ["nothing that can be read is nothing amiss", {}, judged({ startTemperature_c: 60 }), []],
    ["60 degrees are not above 60", { temperature_c: 60 }, judged({ startTemperature_c: 60 }), []],
    ["heat without a limit", { temperature_c: 95 }, judged(), []],
    ["a phone that throttles", { thermalStatus: 2 }, judged(), ["hot"]],
    ["a Raspberry Pi that throttles", { throttled: "0x50004" }, judged(), ["hot"]],
    ["a Raspberry Pi that throttled once", { throttled: "0x50000" }, judged(), []],
    [
      "a phone that does so in sustained mode",
      { thermalStatus: 2 },
      judged({ isSustained: true }),
      [],
    ],
    [
      "a charger under a battery's meter",
      { battery: { status: "idle" } },
      judged({}, true),
      ["charging"],
    ],
    ["a charger under another meter", { battery: { status: "charging" } }, judged(), []],
    ["a low battery on its charger", { battery: { status: "charging", level: 0.1 } }, judged(), []],
    [
      "a low battery",
      { battery: { status: "discharging", level: 0.1 } },
      judged({}, true),
      ["low-battery"],
    ],
    ["a dark screen", { isAwake: false }, judged(), ["asleep"]],
    ["another governor", { powerMode: "powersave" }, judged(), ["power-mode"]],
    [
      "a governor that could not be read at first",
      { powerMode: "powersave" },
      judged({ powerMode: "unknown" }),
      [],
    ],
  ])("%s", (_, state, device, flags) => {
    expect(findingsOf(state, device).map(({ flag }) => flag)).toEqual(flags);
  });

  test("a row is flagged for heat before it alone, for the rest before and after", () => {
    const device = judged({ startTemperature_c: 50 });
    const calm = { temperature_c: 40 };

    expect(conditionFlags([calm, { temperature_c: 70 }], device)).toEqual([]);
    expect(conditionFlags([{ temperature_c: 70 }, calm], device)).toEqual(["hot"]);
    expect(conditionFlags([calm, { isAwake: false }], device)).toEqual(["asleep"]);
  });

  test("a calm one is worth no word", () => {
    const conditions = {
      before: { busyCores: 0.1 },
      during: {},
      details: {},
      findings: [],
      waited_s: 0,
    };

    expect(conditionNotices(conditions)).toEqual([]);
  });
});
