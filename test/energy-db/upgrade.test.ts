import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { type EnergyTable, openTable } from "../../energy-db/index.ts";
import { migrate } from "../../energy-db/migrate.ts";
import { migrations } from "../../energy-db/schema.ts";
import { UserError } from "../../src/errors.ts";
import { temporaryFolder } from "./temporary.ts";

/** Written by wattsplit when it knew version 1: a profile of mnist-cnn with an assumed power, and isolated kernels. */
const fixture = fileURLToPath(new URL("./fixtures/version-1.db", import.meta.url));

function copyOfFixture(): string {
  const path = join(temporaryFolder(), "energy.db");
  copyFileSync(fixture, path);
  return path;
}

/** Reads the fixture, or another file of version 1, in a copy: SQLite makes files beside what it opens. */
function withVersion1<T>(use: (database: Database.Database) => T, path = fixture): T {
  const copy = join(temporaryFolder(), "version-1.db");
  copyFileSync(path, copy);
  const database = new Database(copy, { readonly: true });
  try {
    return use(database);
  } finally {
    database.close();
  }
}

const rowsOf = (sql: string): readonly Record<string, unknown>[] =>
  withVersion1((database) => database.prepare(sql).all() as readonly Record<string, unknown>[]);

function expectUpgraded(table: EnergyTable): void {
  const [platform] = table.platforms();
  const id = platform?.id ?? 0;
  const oldNetworks = rowsOf("select * from network_measurements order by id");
  const oldKernels = rowsOf("select * from measurements order by id");

  expect(platform).toMatchObject({ processor: "AMD EPYC", fingerprint: "unknown", os: "unknown" });
  expect(platform).toMatchObject({ sessions: 2, networkMeasurements: 14, measurements: 96 });
  expect(table.sessions(id)).toMatchObject(
    rowsOf("select * from runs order by id").map((run) => ({
      id: run.id,
      kind: "profile",
      protocol: 1,
      startedAt: run.started_at,
      settings: JSON.parse(String(run.settings)),
      outcome: run.outcome,
      instruments: {},
    })),
  );
  expect(table.networkMeasurements(id)).toMatchObject(
    oldNetworks.map((row) => ({
      id: row.id,
      sessionId: row.run_id,
      role: row.role === "probe" ? "canary" : row.role,
      position: row.position,
      provenance: "measured",
      latency: {
        floor: { latency_s: row.latency_s, low_s: row.low_s, high_s: row.high_s },
        samples: row.samples,
      },
      flags: JSON.parse(String(row.flags)),
    })),
  );
  const kernels = [
    ...table.kernelMeasurements(id),
    ...table.kernelMeasurements(id, { method: "isolated" }),
  ].sort((a, b) => a.id - b.id);
  expect(kernels).toMatchObject(
    oldKernels.map((row) => ({
      id: row.id,
      layer: row.layer,
      latency: { latency_s: row.latency_s, low_s: row.low_s, high_s: row.high_s },
      samples: row.samples,
    })),
  );
  expect(new Set(table.networkMeasurements(id).map(({ latency }) => latency.typical))).toEqual(
    new Set([undefined]),
  );
  table.integrity();
}

describe("a table of version 1", () => {
  test("keeps every row, sample and model when opened for writing, beside a copy of it", () => {
    const path = copyOfFixture();

    const table = openTable(path, { mode: "write" });

    expectUpgraded(table);
    const [platform] = table.platforms();
    for (const { network_measurement_id, measurement_id, samples_s } of rowsOf(
      "select * from samples",
    )) {
      const level = measurement_id === null ? "network" : "kernel";
      const id = Number(measurement_id ?? network_measurement_id);
      expect(table.samples(level, id)).toHaveLength((samples_s as Buffer).length / 8);
    }
    expect(table.batches(1)).toBeUndefined();
    expect(table.costModels(platform?.id ?? 0)).toMatchObject([
      { kind: "energy", space: "mnist-cnn", provenance: "modelled", document: { power_w: 20 } },
      { kind: "latency", space: "mnist-cnn", designNetworks: 9, heldOutNetworks: 3 },
    ]);
    table.close();
    expect(readFileSync(`${path}.v1.bak`).subarray(100)).toEqual(
      readFileSync(fixture).subarray(100),
    );
  });

  test("can be read without being changed", () => {
    const path = copyOfFixture();

    const table = openTable(path, { mode: "read" });
    expectUpgraded(table);
    table.close();

    expect(readFileSync(path)).toEqual(readFileSync(fixture));
    expect(existsSync(`${path}.v1.bak`)).toBe(false);
  });

  test("flags times that were clamped, numbers canary loads, and tells verifying sessions", () => {
    const path = copyOfFixture();
    const old = new Database(path);
    old.exec(`update measurements set latency_s = 5e-8 where id = 2;
      update network_measurements set energy_j = 0.2, energy_low_j = 0.1, energy_high_j = 0.3, net_energy_j = 0.1,
        energy_window_s = 5, energy_windows = 10, meter = 'rapl', energy_provenance = 'measured' where id = 1;
      update network_measurements set role = 'probe', run_id = 1, network_id = 1 where id in (3, 4, 5);
      update runs set settings = '{"verified":"result"}' where id = 2;`);
    old.close();

    const table = openTable(path, { mode: "read" });
    const rows = table.networkMeasurements(1);

    expect(table.kernelMeasurements(1).find(({ id }) => id === 2)?.flags).toContain(
      "below-resolution",
    );
    expect(rows.filter(({ id }) => id >= 3 && id <= 5)).toMatchObject(
      [0, 1, 2].map((load) => ({ role: "canary", load })),
    );
    expect(rows[0]?.energy).toEqual({
      gross: { energy_j: 0.2, low_j: 0.1, high_j: 0.3 },
      windowCount: 10,
      window_s: 5,
      meter: "rapl",
      provenance: "measured",
      invalid: [],
    });
    expect(table.sessions(1).map(({ kind }) => kind)).toEqual(["profile", "verify"]);
    table.close();
  });

  test("never overwrites an earlier copy", () => {
    const path = copyOfFixture();
    copyFileSync(fixture, `${path}.v1.bak`);

    openTable(path, { mode: "write" }).close();

    expect(existsSync(`${path}.v1.2.bak`)).toBe(true);
  });

  test("stays as it is when its copy cannot be written, and says so", () => {
    const path = copyOfFixture();
    mkdirSync(`${path}.v1.bak.part`);

    expect(() => openTable(path, { mode: "write" })).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(
          /version 1 and is not upgraded: its backup .*v1\.bak cannot/,
        ),
        hint: expect.stringMatching(/The table is unchanged/),
      }),
    );

    expect(withVersion1((old) => old.pragma("user_version", { simple: true }), path)).toBe(1);
    expectUpgraded(openTable(path, { mode: "read" }));
  });

  test("is not upgraded under an older program that is writing it", () => {
    const path = copyOfFixture();
    const older = new Database(`${path}-writer.lock`);
    older.exec("begin exclusive");

    expect(() => openTable(path, { mode: "write" })).toThrow(UserError);
    expect(() => openTable(path, { mode: "write" })).toThrow(/an older wattsplit is writing it/);
    older.close();

    openTable(path, { mode: "write" }).close();
  });

  test("keeps a platform's counts and energy model when it has no runs", () => {
    const path = join(temporaryFolder(), "energy.db");
    const old = new Database(path);
    old.exec(migrations[0] ?? "");
    old.exec(`pragma application_id = 0x7773706c; pragma user_version = 1;
      insert into platforms values (1, 'local', 'CPU', 'ort-cpu', '1', 'float32', 1, 'unknown', '{}');
      insert into energy_models values (1, 'measured', 'rapl', 7, '{"conv2d":8}', 0.1);`);
    old.close();

    const table = openTable(path, { mode: "read" });

    expect(table.platforms()).toMatchObject([{ sessions: 0, energyProvenance: "measured" }]);
    expect(table.costModel(1, "energy")?.document).toEqual({
      form: "version-1-powers",
      power_w: 7,
      powerByOp_w: { conv2d: 8 },
      relativeHalfWidth: 0.1,
    });
    table.close();
  });
});

describe("a table of version 6", () => {
  test("keeps its energy windows, of which nobody knows how densely they were read", () => {
    const path = copyOfFixture();
    const old = new Database(path);
    migrate(old, { steps: migrations.slice(0, 6) });
    old.exec(`insert into energy_windows values (1, 1, 0, 'idle', 2, 5, 0, null);
      insert into window_rails (window_id, rail, energy_j) values (1, 'package', 40);`);
    old.close();

    const table = openTable(path, { mode: "write" });

    expect(existsSync(`${path}.v6.bak`)).toBe(true);
    expect(table.energyWindows(1)).toEqual([
      {
        kind: "idle",
        start_s: 2,
        duration_s: 5,
        inferences: 0,
        rails: [{ rail: "package", energy_j: 40 }],
      },
    ]);
    expect(table.meterLogs(1)).toEqual([]);
    table.integrity();
    table.close();
  });
});
