import { chmodSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import {
  compareCosts,
  describeSchema,
  type EnergyTable,
  fitTable,
  incomparable,
  openTable,
} from "../../energy-db/index.ts";
import { mergedTables } from "../../energy-db/merged-tables.ts";
import type { SessionSettings } from "../../energy-db/records.ts";
import { UserError } from "../../src/errors.ts";
import type { Kernel } from "../../src/network/kernel.ts";
import { drawnChains, fillTable, packedPlatform } from "../support/packed-platform.ts";
import { chain, identity, measuredNetwork, sessionSettings } from "./example-rows.ts";
import { temporaryFolder } from "./temporary.ts";

const cost = ({ inChannels, outChannels }: Kernel) => 1.23e-6 + 1.1e-9 * inChannels * outChannels;

const open: EnergyTable[] = [];
afterEach(() => {
  for (const table of open.splice(0)) table.close();
});

/** A table with one session of a few networks on one platform. */
function filled(
  settings: Partial<SessionSettings> = {},
  { of = cost, device = "local", widths = [8, 32, 64] } = {},
): EnergyTable {
  const table = openTable(join(temporaryFolder(), "energy.db"), { mode: "write", create: true });
  open.push(table);
  const platformId = table.ensurePlatform({ ...identity, device }, {}).id;
  const session = table.startSession(platformId, { ...sessionSettings, ...settings });
  for (const first of widths)
    for (const second of [8, 24, 64])
      table.addNetworkMeasurement(platformId, session, measuredNetwork(chain(first, second), of));
  fitTable(table, platformId, "chain", `${settings.startedAt ?? "2026-01-01"} fit`);
  return table;
}

const added = (rows: readonly { readonly added: number }[]) =>
  rows.reduce((sum, row) => sum + row.added, 0);
/** Everything that a table says of its platforms, without ids. */
const contents = (table: EnergyTable) =>
  table.platforms().map(({ id, ...platform }) => ({
    ...platform,
    loads: table
      .networkMeasurements(id)
      .map(({ network, latency, measuredAt, flags, kernels }) =>
        JSON.stringify([network, latency, measuredAt, flags, kernels.map((own) => own.latency)]),
      )
      .sort(),
    batches: table.networkMeasurements(id).map((row) => table.batches(row.id)),
  }));

describe("merging", () => {
  test("knows every table of the schema but for the counts that triggers keep", () => {
    const named = describeSchema()
      .entries.filter(({ kind }) => kind === "table")
      .map(({ name }) => name);
    const counted = ["platform_totals", "kernel_totals"];

    expect([...mergedTables.map(({ name }) => name), ...counted].sort()).toEqual(named.sort());
  });

  test("into an empty table is a copy", () => {
    const source = filled();
    const empty = openTable(join(temporaryFolder(), "new.db"), { mode: "write", create: true });
    open.push(empty);

    empty.mergeFrom(source);

    empty.integrity();
    expect(contents(empty)).toEqual(contents(source));
  });

  test("twice, or a table with its own copy, changes nothing", () => {
    const [ours, theirs] = [filled(), filled({ startedAt: "2026-02-01T00:00:00Z" })];

    expect(added(ours.mergeFrom(theirs))).toBeGreaterThan(0);
    const once = contents(ours);

    expect(added(ours.mergeFrom(theirs))).toBe(0);
    expect(contents(ours)).toEqual(once);
    theirs.mergeFrom(ours);
    expect(added(ours.mergeFrom(theirs))).toBe(0);
  });

  test("adds sessions of a platform and platforms, and counts them", () => {
    const ours = filled();
    ours.mergeFrom(filled({ startedAt: "2026-02-01T00:00:00Z" }, { widths: [8, 16] }));
    ours.mergeFrom(filled({}, { device: "board" }));

    ours.integrity();
    expect(
      ours
        .platforms()
        .map(({ device, sessions, networkMeasurements }) => [
          device,
          sessions,
          networkMeasurements,
        ]),
    ).toEqual([
      ["local", 2, 15],
      ["board", 1, 9],
    ]);
  });

  test("takes over how a session ended, and flags that came later", () => {
    const [ours, theirs] = [filled(), filled()];
    const [platform] = theirs.platforms();
    const id = platform?.id ?? 0;
    theirs.finishSession(theirs.sessions(id)[0]?.id ?? 0, "2026-01-01T03:00:00Z", "done");
    const [first] = theirs.networkMeasurements(id);
    if (!first) throw new Error("No load");
    theirs.addNetworkMeasurement(id, first.sessionId, {
      ...measuredNetwork(first.network, cost),
      attempt: 1,
    });

    ours.mergeFrom(theirs);

    expect(ours.sessions(id)[0]).toMatchObject({ outcome: "done" });
    expect(ours.networkMeasurements(id)[0]?.flags).toEqual(["superseded"]);
  });

  test("is refused, and nothing merged, where one load took two times", () => {
    const [ours, theirs] = [filled(), filled({}, { of: (kernel) => 2 * cost(kernel) })];
    const before = contents(ours);

    expect(() => ours.mergeFrom(theirs)).toThrow(UserError);
    expect(() => ours.mergeFrom(theirs)).toThrow(/contradict each other: network_measurements/);
    expect(contents(ours)).toEqual(before);
  });
});

describe("comparing", () => {
  /** A table of sixty networks of a platform that takes `factor` times as long. */
  function measured(factor: number) {
    const table = openTable(join(temporaryFolder(), "energy.db"), { mode: "write", create: true });
    open.push(table);
    const { call_s, kernel_s } = packedPlatform;
    const platformId = fillTable(
      table,
      { call_s: factor * call_s, kernel_s: (kernel) => factor * kernel_s(kernel) },
      { networks: drawnChains(60, 1), noise: 0.005 },
    );
    return { table, platformId };
  }

  test("finds nothing between a table and another like it", () => {
    const rows = compareCosts(measured(1), measured(1));

    expect(rows.length).toBeGreaterThan(100);
    expect(rows.filter(({ isSignificant }) => isSignificant)).toEqual([]);
  });

  test("finds kernels that grew by a half, within their intervals", () => {
    // Ten times as slow, so that most take longer than the step of the profiler's clock.
    const rows = compareCosts(measured(10), measured(15)).filter(({ kind }) => kind === "kernel");
    const named = rows.filter(({ isSignificant }) => isSignificant);
    const right = named.filter(({ changeLow, changeHigh }) => changeLow < 0.5 && changeHigh > 0.5);

    expect(named.length).toBeGreaterThan(0.6 * rows.length);
    expect(right.length).toBeGreaterThanOrEqual(0.93 * named.length);
  });

  test("names why platforms are not comparable, and allows what is named", () => {
    const other = { ...identity, threads: 2, runtimeBuild: "abc" };

    expect(incomparable(identity, identity)).toEqual([]);
    expect(incomparable(identity, other)).toEqual([
      "runtime build unknown and abc",
      "threads 1 and 2",
    ]);
    expect(incomparable(identity, other, ["threads", "runtimeBuild"])).toEqual([]);
  });
});

describe("publishing", () => {
  test("leaves answers, drops raw samples, and is read where nothing can be written", () => {
    const source = filled();
    const folder = temporaryFolder();
    const path = join(folder, "published.db");

    source.publish(path);
    chmodSync(folder, 0o555);
    const published = openTable(path, { mode: "read" });
    open.push(published);

    published.integrity();
    expect(contents(published).map(({ batches: _, ...rest }) => rest)).toEqual(
      contents(source).map(({ batches: _, ...rest }) => rest),
    );
    expect(published.batches(1)).toBeUndefined();
    expect(statSync(path).mode & 0o222).toBe(0);
    expect(() => source.publish(path)).toThrow(/is there already/);
    chmodSync(folder, 0o755);
  });
});
