import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EnergyTable, energyModelOf, openTable } from "../../energy-db/index.ts";
import { energyRules, planProfile, profile } from "../../profiler/index.ts";
import { storeTraceEnergies } from "../../src/app/workflows/trace-energies.ts";
import { seededRandom } from "../../src/random.ts";
import { cli } from "../support/cli.ts";
import {
  exactPhysics,
  simulatedDevice,
  undisturbed_s,
  usualPower,
} from "./simulated-device/index.ts";
import { Instrument } from "./simulated-device/instrument.ts";
import { quickRules, smallSpace } from "./small-plan.ts";

const folder = mkdtempSync(join(tmpdir(), "wattsplit-trace-energies-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const drift = 8e-5;
const plan = planProfile({ ...smallSpace, designNetworks: 5, heldOutNetworks: 3 });
const metered = plan.networks.filter((network) => network.metered).length;
let instrument: Instrument;
let end_s: number;
const db = join(folder, "energy.db");

/** A profile whose power nobody reads, while an instrument records 2 W of noise on the supply, 1234 s ahead. */
beforeAll(async () => {
  instrument = new Instrument({ rate_hz: 400, ahead_s: 1234, drift, noise_w: 2, perBurst: 40 });
  const power = { ...usualPower, noise: 0, onDraw: instrument.onDraw };
  const { device, clock } = await simulatedDevice({ power });
  const table = openTable(db, { mode: "write", create: true });
  await profile({
    device,
    clock,
    table,
    plan,
    toolVersion: "test",
    random: seededRandom(3),
    rules: quickRules,
    energyRules: { ...energyRules, minWindow_s: 1 },
  });
  table.close();
  end_s = clock.now_s();
}, 60_000);

const trace = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

function withTable<T>(use: (table: EnergyTable, platformId: number) => T): T {
  const table = openTable(db, { mode: "write" });
  try {
    return use(table, table.platforms()[0]?.id ?? 0);
  } finally {
    table.close();
  }
}

const store = (file: string) =>
  withTable((table, platformId) =>
    storeTraceEnergies({ table, platformId, file, now: "2026-11-27T00:00:00Z" }),
  );

describe("a profile that an instrument records beside", () => {
  it("has windows and markers, and no energy until the trace is laid over them", () => {
    withTable((table, platformId) => {
      const [session] = table.sessions(platformId);
      const logs = table.meterLogs(session?.id ?? 0);
      const loads = logs.flatMap(({ windows }) => windows.filter(({ kind }) => kind === "load"));

      expect(session?.instruments.meter?.id).toBe("trace");
      expect(table.networkMeasurements(platformId).some(({ energy }) => energy)).toBe(false);
      expect(loads).toHaveLength(5 * metered);
      for (const { windows, readings } of logs) {
        expect(readings).toEqual([]);
        expect(windows.filter(({ kind }) => kind === "burst")).toHaveLength(8);
      }
    });
  });

  it.each([
    [
      "another time's recording",
      () => instrument.export(0, 20),
      /no stretch of windows|more than one/,
    ],
    [
      "a recording of a machine that did nothing",
      () => new Instrument({ rate_hz: 100, ahead_s: 0, drift: 0, noise_w: 1, perBurst: 1 }),
      /windows/,
    ],
  ])("finds nothing in %s, and says so", (name, make, reason) => {
    const made = make();
    if (made instanceof Instrument) made.onDraw(0, end_s + 5, 8);
    const text = typeof made === "string" ? made : made.export(0, end_s + 5);

    expect(() => store(trace(`${name}.csv`, text))).toThrow(reason);
  });

  it("has the energies of its networks in the table with one command, and costs that say so", async () => {
    const file = trace("whole.csv", instrument.export(0.5, end_s));

    const { code, stdout, stderr } = await cli([
      ...["devices", "trace", file, "--db", db, "--device", "simulated", "--json"],
    ]);

    expect([code, stderr]).toEqual([0, expect.not.stringContaining("Stretch")]);
    const answer = JSON.parse(stdout);
    expect(answer).toMatchObject({ provenance: "measured", networks: metered });
    for (const { offset_s, drift: found, explained } of answer.rows) {
      expect(Math.abs(offset_s - 1234)).toBeLessThan(0.1 + drift * end_s);
      expect(found).toBeCloseTo(drift, 3);
      expect(explained).toBeGreaterThan(0.8);
    }
    withTable((table, platformId) => {
      const rows = table.networkMeasurements(platformId).filter(({ energy }) => energy);
      expect(rows).toHaveLength(metered);
      for (const { id, energy, network } of rows) {
        const truth_s = undisturbed_s(exactPhysics, network);
        const ratio = (energy?.gross.energy_j ?? 0) / (usualPower.run_w * truth_s);
        expect(Math.abs(ratio - 1)).toBeLessThan(0.01);
        const net_w = usualPower.run_w - usualPower.idle_w;
        expect((energy?.net?.energy_j ?? 0) / (net_w * truth_s)).toBeCloseTo(1, 1);
        expect(energy).toMatchObject({ meter: "trace", provenance: "measured" });
        for (const { rails } of table.energyWindows(id))
          expect(rails).toMatchObject([{ rail: "trace", readings: expect.any(Number) }]);
      }
      expect(energyModelOf(table, platformId)).toMatchObject({ source: "trace" });
      const [log] = table.meterLogs(table.sessions(platformId)[0]?.id ?? 0);
      expect(log?.trace).toMatchObject({
        file: "whole.csv",
        sha256: expect.stringMatching(/^\w{64}$/),
      });
    });
  });

  it("has the same energies when the trace is laid over it again", () => {
    const before = withTable((table, id) =>
      table.networkMeasurements(id).map(({ energy }) => energy),
    );

    store(join(folder, "whole.csv"));

    expect(
      withTable((table, id) => table.networkMeasurements(id).map(({ energy }) => energy)),
    ).toEqual(before);
  });

  it("takes energies from the part of it that a trace holds", () => {
    const first = withTable((table, platformId) => {
      const [log] = table.meterLogs(table.sessions(platformId)[0]?.id ?? 0);
      return log?.windows.at(-1)?.end_s ?? 0;
    });

    const { logs } = store(trace("part.csv", instrument.export(0.5, first + 1)));

    expect(logs[0]?.reason).toBeUndefined();
    expect(logs.slice(1).every(({ reason }) => reason !== undefined)).toBe(true);
  });
});
