import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { networkKey, openTable } from "../../energy-db/index.ts";
import type { EnergyReading, StoredModel } from "../../energy-db/records.ts";
import { UserError } from "../../src/errors.ts";
import { type Kernel, kernelFamily, kernelsOf } from "../../src/network/kernel.ts";
import {
  batches,
  chain,
  identity,
  measuredKernel,
  measuredNetwork,
  sessionSettings,
} from "./example-rows.ts";
import { freshTable } from "./temporary.ts";

const cost = () => 5e-5;

function tableWithSession() {
  const table = freshTable();
  const platform = table.ensurePlatform(identity, { cores: 2 });
  return { table, platform, session: table.startSession(platform.id, sessionSettings) };
}

const reading: EnergyReading = {
  gross: { energy_j: 0.01, low_j: 0.009, high_j: 0.011 },
  net: { energy_j: 0.008, low_j: 0.007, high_j: 0.009 },
  idle_power_w: 2,
  meter: "rapl",
  provenance: "measured",
  windows: [
    {
      kind: "idle",
      start_s: 1,
      duration_s: 2,
      inferences: 0,
      rails: [{ rail: "p0", energy_j: 4 }],
    },
    {
      kind: "load",
      start_s: 3,
      duration_s: 0.5,
      inferences: 300,
      latency_s: 0.0016,
      rails: [
        { rail: "m0", energy_j: 0 },
        { rail: "p0", energy_j: 3, readings: 50, largestGap_s: 0.011 },
      ],
    },
  ],
  invalid: ["window 2: the counter stood still"],
};

const [kernel] = kernelsOf(chain(16, 32)).map((layer) => layer.kernel) as [Kernel];

describe("an energy table", () => {
  test("gives back a load of a network as it was stored, also in another process's reader", () => {
    const { table, platform, session } = tableWithSession();
    const measured = measuredNetwork(chain(16, 32), cost, {
      role: "canary",
      block: 3,
      load: 2,
      attempt: 1,
      flags: ["drift"],
      conditions: { temperature_start_c: 40, clock_end_hz: 2e9, load: 0.2 },
      energy: reading,
    });

    const id = table.addNetworkMeasurement(platform.id, session, measured);
    const reader = openTable(table.path, { mode: "read" });
    const [stored] = reader.networkMeasurements(platform.id);

    const { batches: _, kernels, energy: __, ...summary } = measured;
    const { windows, ...energy } = reading;
    expect(stored).toMatchObject({ ...summary, id, space: "chain", protocol: 2 });
    expect(stored?.energy).toEqual({ ...energy, windowCount: 1, window_s: 0.5 });
    expect(reader.energyWindows(id)).toEqual(windows);
    expect(reader.batches(id)).toEqual(batches);
    expect(reader.batches(id + 1)).toBeUndefined();
    expect(stored?.kernels).toMatchObject(kernels.map(({ samples_s, ...row }) => row));
    expect(reader.samples("kernel", stored?.kernels[1]?.id ?? 0)).toEqual(kernels[1]?.samples_s);
    reader.close();
    table.close();
  });

  test("keeps what the meter showed, raw, as the session's stretches of metering", () => {
    const { table, session } = tableWithSession();
    const load = { key: "k", role: "design", batch: 1, load: 0, attempt: 0 } as const;
    const windows = [
      { kind: "idle", start_s: 1, end_s: 2, inferences: 0 },
      { kind: "load", start_s: 2, end_s: 3, inferences: 40, load },
    ] as const;
    const readings = [0, 1, 2].flatMap((i) => [
      { rail: "counter", time_s: 1 + i / 3, energy_j: 1e6 + i * 0.1 },
      { rail: "line", time_s: 1 + i / 7, current_a: 0.1 * i, voltage_v: 5 },
    ]);

    table.addMeterLog(session, { windows, readings });
    table.addMeterLog(session, { windows: [], readings: [] });
    const trace = { file: "t.csv", sha256: "00", offset_s: 7, drift: 1e-5, explained: 0.9 };
    table.describeTrace(table.meterLogs(session)[1]?.id ?? 0, trace);

    const [first, second] = table.meterLogs(session);
    const byRail = (rail: string) => readings.filter((reading) => reading.rail === rail);
    expect(first?.windows).toEqual(windows);
    expect(first?.readings).toEqual([...byRail("counter"), ...byRail("line")]);
    expect(second).toMatchObject({ windows: [], readings: [], trace });
    table.close();
  });

  test("replaces the energy of a load, and says where the session has no such load", () => {
    const { table, platform, session } = tableWithSession();
    const measured = measuredNetwork(chain(16, 32), cost, { energy: reading });
    const id = table.addNetworkMeasurement(platform.id, session, measured);
    const { role, batch, load, attempt } = measured;
    const name = { key: networkKey(measured.network), role, batch, load, attempt };
    const other = { ...reading, meter: "trace", windows: reading.windows.slice(1), invalid: [] };

    expect(table.replaceEnergy(session, name, other)).toBe(true);
    expect(table.replaceEnergy(session, { ...name, load: 7 }, other)).toBe(false);

    const [stored] = table.networkMeasurements(platform.id);
    expect(stored?.energy).toMatchObject({ meter: "trace", invalid: [], windowCount: 1 });
    expect(table.energyWindows(id)).toEqual(other.windows);
    table.close();
  });

  test("keeps several loads of a network, but the same attempt only once", () => {
    const { table, platform, session } = tableWithSession();
    const first = measuredNetwork(chain(16, 32), cost);

    for (const load of [0, 1, 2])
      table.addNetworkMeasurement(platform.id, session, { ...first, load });
    const later = table.startSession(platform.id, sessionSettings);
    table.addNetworkMeasurement(platform.id, later, first);

    expect(table.networkMeasurements(platform.id)).toHaveLength(4);
    expect(table.networkMeasurements(platform.id, { sessionId: later })).toHaveLength(1);
    expect(table.nextLoad(session, first)).toBe(3);
    expect(table.nextLoad(later, { ...first, role: "canary" })).toBe(0);
    expect(() => table.addNetworkMeasurement(platform.id, later, first)).toThrow(/UNIQUE/);
    table.close();
  });

  test("flags drifted attempts superseded once a calm one is stored", () => {
    const { table, platform, session } = tableWithSession();
    const network = chain(16, 32);
    const attempt = (number: number, load: number, drifted: boolean) =>
      table.addNetworkMeasurement(
        platform.id,
        session,
        measuredNetwork(network, cost, { attempt: number, load, flags: drifted ? ["drift"] : [] }),
      );

    attempt(0, 0, true);
    attempt(1, 0, true);
    attempt(0, 1, true);
    attempt(2, 0, false);

    expect(table.networkMeasurements(platform.id).map(({ flags }) => flags)).toEqual([
      ["drift", "superseded"],
      ["drift", "superseded"],
      ["drift"],
      [],
    ]);
    table.close();
  });

  test("finds loads by role, space, protocol and session", () => {
    const { table, platform, session } = tableWithSession();
    const old = table.startSession(platform.id, { ...sessionSettings, protocol: 1 });
    table.addNetworkMeasurement(platform.id, session, measuredNetwork(chain(16, 32), cost));
    table.addNetworkMeasurement(
      platform.id,
      old,
      measuredNetwork(chain(16, 32), cost, { role: "canary" }),
    );

    const count = (filter: Parameters<typeof table.networkMeasurements>[1]) => {
      const rows = table.networkMeasurements(platform.id, filter);
      expect(rows.flatMap(({ kernels }) => kernels)).toHaveLength(2 * rows.length);
      return rows.length;
    };

    expect(count({})).toBe(2);
    expect(count({ role: "canary" })).toBe(1);
    expect(count({ role: "design", protocol: 1 })).toBe(0);
    expect(count({ protocol: 1 })).toBe(1);
    expect(count({ sessionId: session })).toBe(1);
    expect(count({ space: "chain", role: "design", protocol: 2, sessionId: session })).toBe(1);
    expect(count({ space: "elsewhere" })).toBe(0);
    table.close();
  });

  test("keeps nothing of a measurement that fails half way", () => {
    const { table, platform, session } = tableWithSession();
    const measured = measuredNetwork(chain(16, 32), cost);
    const [first] = measured.kernels;
    const broken = { ...measured, kernels: first ? [first, first] : [] };

    expect(() => table.addNetworkMeasurement(platform.id, session, broken)).toThrow();

    expect(table.networkMeasurements(platform.id)).toHaveLength(0);
    expect(table.kernelMeasurements(platform.id)).toHaveLength(0);
    expect(table.platforms()[0]?.measurements).toBe(0);
    table.close();
  });

  test("refuses energy of zero or less, and times of zero that do not say why", () => {
    const { table, platform, session } = tableWithSession();
    const store = (options: Parameters<typeof measuredNetwork>[2]) =>
      table.addNetworkMeasurement(
        platform.id,
        session,
        measuredNetwork(chain(16, 32), cost, options),
      );
    const short = (flags: readonly "below-resolution"[]) =>
      measuredKernel(kernel, -1e-8, { flags });

    for (const energy_j of [0, -1e-3])
      expect(() =>
        store({ energy: { ...reading, gross: { ...reading.gross, energy_j } } }),
      ).toThrow(/CHECK/);
    expect(() => store({ kernels: [short([])] })).toThrow(/CHECK/);
    store({ kernels: [short(["below-resolution"])] });

    expect(table.kernelMeasurements(platform.id)[0]?.latency.latency_s).toBe(-1e-8);
    table.close();
  });

  test("keeps isolated and imported kernel times apart from those in context", () => {
    const { table, platform, session } = tableWithSession();
    const dated = { ...measuredKernel(kernel, 1e-5), measuredAt: "2026-01-01T00:00:02Z" };
    const { samples: _, unsubtracted_s: __, nodes: ___, ...bare } = dated;
    const imported = {
      ...bare,
      provenance: "imported",
      latency: { latency_s: 2e-5 },
      energy: { energy_j: 1e-6, meter: "shunt", provenance: "imported", net: true },
      samples_s: new Float64Array(),
    } as const;

    const ids = table.addKernelMeasurements(platform.id, session, "isolated", [dated, imported]);

    expect(table.hasIsolated(platform.id, kernel, 2)).toBe(true);
    expect(table.hasIsolated(platform.id, kernel, 1)).toBe(false);
    expect(table.hasIsolated(platform.id, { ...kernel, outChannels: 99 }, 2)).toBe(false);
    const rows = table.kernelMeasurements(platform.id, { method: "isolated" });
    expect(rows.map(({ id }) => id)).toEqual(ids);
    const { samples_s, ...summary } = imported;
    expect(rows[1]).toEqual({
      ...summary,
      id: ids[1],
      sessionId: session,
      method: "isolated",
      space: "chain",
      protocol: 2,
    });
    expect(table.samples("kernel", ids[1] ?? 0)).toBeUndefined();
    expect(table.kernelMeasurements(platform.id)).toHaveLength(0);
    table.close();
  });

  test("finds kernel rows by family, kernel, space and protocol", () => {
    const { table, platform, session } = tableWithSession();
    for (const width of [8, 16, 24])
      table.addNetworkMeasurement(platform.id, session, measuredNetwork(chain(width, 32), cost));
    const other = table.ensurePlatform({ ...identity, threads: 2 }, {});
    const family = kernelFamily(kernel);

    const widths = (filter: Parameters<typeof table.kernelMeasurements>[1]) =>
      table
        .kernelMeasurements(platform.id, { family, ...filter })
        .map((row) => row.kernel.inChannels * row.kernel.outChannels);

    expect(widths({})).toEqual([8 * 3, 8 * 32, 16 * 3, 16 * 32, 24 * 3, 24 * 32]);
    expect(widths({ kernel })).toEqual([16 * 3]);
    expect(widths({ kernel: { ...kernel, stride: 2 } })).toEqual([]);
    expect(widths({ space: "chain", protocol: 2, sessionId: session })).toHaveLength(6);
    expect(widths({ space: "elsewhere" })).toEqual([]);
    expect(widths({ protocol: 1 })).toEqual([]);
    expect(table.kernelFamilies(platform.id)).toEqual([family]);
    expect(table.kernelFamilies(platform.id, "isolated")).toEqual([]);
    expect(table.kernelFamilies(other.id)).toEqual([]);
    table.close();
  });

  test("keeps one platform per identity, tells machines of one kind apart, and counts rows", () => {
    const { table, platform, session } = tableWithSession();
    table.addNetworkMeasurement(platform.id, session, measuredNetwork(chain(16, 32), cost));
    table.addNetworkMeasurement(platform.id, session, measuredNetwork(chain(16, 64), cost));
    table.addKernelMeasurements(platform.id, session, "isolated", [
      { ...measuredKernel(kernel, 1e-5), measuredAt: "2026-01-01T00:00:02Z" },
    ]);

    const again = table.ensurePlatform(identity, { cores: 4, node: "v20" });
    const twin = table.ensurePlatform({ ...identity, fingerprint: "fedcba9876543210" }, {});

    expect(again).toMatchObject({ id: platform.id, details: { cores: 2, node: "v20" } });
    expect(table.platforms()).toEqual([
      {
        ...identity,
        id: platform.id,
        // What was told of it first stays.
        details: { cores: 2, node: "v20" },
        sessions: 1,
        networkMeasurements: 2,
        measurements: 5,
        kernels: 3,
      },
      {
        ...identity,
        id: twin.id,
        fingerprint: "fedcba9876543210",
        details: {},
        sessions: 0,
        networkMeasurements: 0,
        measurements: 0,
        kernels: 0,
      },
    ]);
    table.close();
  });

  test("counts right after rows were deleted by hand", () => {
    const { table, platform, session } = tableWithSession();
    for (const width of [16, 32, 64])
      table.addNetworkMeasurement(platform.id, session, measuredNetwork(chain(16, width), cost));
    const plain = new Database(table.path);
    plain.pragma("foreign_keys = on");

    plain.exec(`delete from samples; delete from batches where network_measurement_id = 1;
      delete from measurements where network_measurement_id = 1;
      delete from network_measurements where id = 1;`);
    plain.close();

    // The first layers are the same kernel; one of three second layers is gone.
    expect(table.platforms()).toMatchObject([
      { sessions: 1, networkMeasurements: 2, measurements: 4, kernels: 3 },
    ]);
    table.close();
  });

  test("finds a platform by what tells it apart and lists the choices otherwise", () => {
    const { table, platform } = tableWithSession();
    table.ensurePlatform({ ...identity, threads: 2 }, {});

    expect(table.findPlatform({ device: "local", threads: 1 }).id).toBe(platform.id);
    expect(table.findPlatform({ id: platform.id }).id).toBe(platform.id);
    expect(() => table.findPlatform({ device: "local" })).toThrow(
      "2 platforms match (device local)",
    );
    expect(() => table.findPlatform({ device: "pixel" })).toThrow(UserError);
    table.close();
  });

  test("answers from the known machine once it has rows, not from its forerunner of version 1", () => {
    const { table, platform, session } = tableWithSession();
    const upgraded = { fingerprint: "unknown", os: "unknown", runtimeBuild: "unknown" };
    const { id } = table.ensurePlatform({ ...identity, ...upgraded }, {});

    expect(() => table.findPlatform({ device: "local" })).toThrow("2 platforms match");
    table.addNetworkMeasurement(
      platform.id,
      session,
      measuredNetwork(chain(8, 8), () => 1e-6),
    );
    expect(table.findPlatform({ device: "local" }).id).toBe(platform.id);
    expect(table.findPlatform({ fingerprint: "unknown" }).id).toBe(id);
    table.close();
  });

  test("keeps sessions with what they learn about their instruments, bit by bit", () => {
    const { table, platform, session } = tableWithSession();
    const source = { uri: "https://example.org/t.json", format: "bitfusion", sha256: "00ff" };
    const imported = { ...sessionSettings, kind: "import", source } as const;
    const instruments = {
      canary: { latency_s: 5e-5, low_s: 4.9e-5, high_s: 5.1e-5 },
      recording: { time_s: 2.6e-6, low_s: 2.5e-6, high_s: 2.7e-6 },
      clock: { offset_s: 0, bound_s: 1e-6, step_s: 1e-9 },
      meter: {
        id: "rapl",
        quality: "measured",
        updatePeriod_s: 1e-3,
        rails: [
          {
            id: "package-0",
            label: "processor",
            domain: "package",
            kind: "energy-counter",
            counted: true,
            includes: ["core-0"],
            wrap_j: 262_144,
            maxPower_w: 400,
          },
          {
            id: "core-0",
            label: "cores",
            domain: "core",
            kind: "energy-counter",
            counted: false,
            maxPower_w: 400,
          },
        ],
      },
    } as const;

    const second = table.startSession(platform.id, imported);
    table.describeInstruments(session, { canary: { ...instruments.canary, latency_s: 6e-5 } });
    table.describeInstruments(session, { meter: instruments.meter, clock: instruments.clock });
    table.describeInstruments(session, {
      canary: instruments.canary,
      recording: instruments.recording,
    });
    table.describeInstruments(session, {});
    table.finishSession(session, "2026-01-01T01:00:00Z", "done");

    expect(table.sessions(platform.id)).toEqual([
      {
        ...sessionSettings,
        id: session,
        instruments,
        finishedAt: "2026-01-01T01:00:00Z",
        outcome: "done",
      },
      { ...imported, id: second, instruments: {} },
    ]);
    expect(table.rails(session)).toEqual(instruments.meter.rails);
    table.close();
  });

  test("keeps plans by name", () => {
    const { table, platform } = tableWithSession();

    table.putPlan(platform.id, "round 1", { networks: [1, 2] });

    expect(table.plan(platform.id, "round 1")).toEqual({ networks: [1, 2] });
    expect(table.plan(platform.id, "round 2")).toBeUndefined();
    table.close();
  });

  test("answers with the newest cost model of a space, and with an assumed power only without another", () => {
    const { table, platform } = tableWithSession();
    const model = {
      kind: "energy",
      space: "chain",
      fittedAt: "2026-01-01T01:00:00Z",
      provenance: "modelled",
      source: "assumed",
      document: { power_w: 10 },
      designNetworks: 0,
      heldOutNetworks: 0,
    } satisfies Omit<StoredModel, "id">;
    const put = (change: Partial<Omit<StoredModel, "id">>) =>
      table.putCostModel(platform.id, { ...model, ...change });
    const sources = (space?: string) => table.costModel(platform.id, "energy", space)?.source;

    put({});
    put({ space: "other" });
    expect(sources("chain")).toBe("assumed");

    const measured = put({ provenance: "derived", source: "rapl", medianError: 0.02 });
    put({ source: "assumed again" });
    put({ kind: "latency", source: "regression" });

    expect(table.costModel(platform.id, "energy", "chain")).toEqual({
      ...model,
      id: measured,
      provenance: "derived",
      source: "rapl",
      medianError: 0.02,
    });
    expect(sources("other")).toBe("assumed");
    expect(sources("nowhere")).toBeUndefined();
    expect(sources()).toBe("rapl");
    expect(table.costModels(platform.id, "energy", "chain").map(({ source }) => source)).toEqual([
      "assumed again",
      "rapl",
      "assumed",
    ]);
    expect(table.costModels(platform.id)).toHaveLength(5);
    table.close();
  });
});

describe("what a plan still needs", () => {
  const network = chain(16, 32);
  const planned = { network, role: "design", batch: 1 } as const;
  const goodEnough = { space: "chain", protocol: 2, metered: false };

  test("counts calm loads of the same role, batch and protocol, with energy where it is wanted", () => {
    const { table, platform, session } = tableWithSession();
    const old = table.startSession(platform.id, { ...sessionSettings, protocol: 1 });
    const good = (change = {}) =>
      table.goodLoads(platform.id, planned, { ...goodEnough, ...change });
    const store = (into: number, options: Parameters<typeof measuredNetwork>[2]) =>
      table.addNetworkMeasurement(platform.id, into, measuredNetwork(network, cost, options));

    expect(good()).toBe(0);
    store(old, {});
    store(session, { role: "held-out" });
    store(session, { batch: 8 });
    store(session, { load: 0, flags: ["drift"] });
    expect(good()).toBe(0);

    store(session, { load: 0, attempt: 1, flags: ["busy"] });
    store(session, { load: 1, energy: reading });
    expect(good()).toBe(2);
    expect(good({ metered: true })).toBe(1);
    expect(good({ protocol: 1 })).toBe(1);
    expect(table.goodLoads(platform.id, { ...planned, batch: 8 }, goodEnough)).toBe(1);
    table.close();
  });

  test("takes loads measured for another space once this space plans the network, and finds them", () => {
    const { table, platform, session } = tableWithSession();
    const renamed = { ...planned, network: { ...network, name: "elsewhere" } };
    const elsewhere = { ...goodEnough, space: "elsewhere" };
    table.addNetworkMeasurement(platform.id, session, measuredNetwork(network, cost));

    expect(table.goodLoads(platform.id, renamed, elsewhere)).toBe(0);
    table.planNetworks(platform.id, "elsewhere", [renamed, { ...renamed, role: "held-out" }]);
    table.planNetworks(platform.id, "elsewhere", [renamed]);

    expect(table.goodLoads(platform.id, renamed, elsewhere)).toBe(1);
    expect(table.goodLoads(platform.id, { ...renamed, role: "held-out" }, elsewhere)).toBe(0);
    expect(table.networkMeasurements(platform.id, { space: "elsewhere" })).toHaveLength(1);
    expect(table.kernelMeasurements(platform.id, { space: "elsewhere" })).toHaveLength(2);
    expect(table.networkMeasurements(platform.id, { space: "chain" })).toHaveLength(1);
    table.close();
  });
});
