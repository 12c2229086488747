import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkTable, type EnergyTable, fitTable } from "../../energy-db/index.ts";
import type { EnergyReading } from "../../energy-db/records.ts";
import type { Kernel } from "../../src/network/kernel.ts";
import { seededRandom } from "../../src/random.ts";
import { drawnChains, fillTable, packedPlatform } from "../support/packed-platform.ts";
import {
  chain,
  estimateOf,
  identity,
  latencyOf,
  measuredNetwork,
  sessionSettings,
} from "./example-rows.ts";
import { freshTable } from "./temporary.ts";

const cost = ({ inChannels, outChannels }: Kernel) => 1.23e-6 + 1.1e-9 * inChannels * outChannels;

let table: EnergyTable;
let platformId: number;
let session: number;

beforeEach(() => {
  table = freshTable();
  platformId = table.ensurePlatform(identity, {}).id;
  session = table.startSession(platformId, sessionSettings);
});
afterEach(() => table.close());

const store = (...measured: Parameters<typeof measuredNetwork>) =>
  table.addNetworkMeasurement(platformId, session, measuredNetwork(...measured));

function storeDesign(of = cost) {
  for (const first of [8, 32, 64])
    for (const second of [8, 24, 64]) store(chain(first, second), of);
}

/** Findings of one check, as "severity: message". */
const findings = (name: string) =>
  checkTable(table, platformId)
    .filter(({ check }) => check === name)
    .map(({ severity, message }) => `${severity}: ${message}`);

describe("checkTable", () => {
  test("finds nothing in a sound table and says so for every check", () => {
    fillTable(table, packedPlatform, { networks: drawnChains(60, 1) });
    fillTable(table, packedPlatform, { networks: drawnChains(5, 2), role: "held-out" });
    fitTable(table, platformId, "chain", "2026-01-01T01:00:00Z");

    const found = checkTable(table, platformId);

    expect(found.filter(({ severity }) => severity !== "ok")).toEqual([]);
    expect(new Set(found.map(({ check }) => check)).size).toBe(10);
  });

  test("tells what networks are predicted to take by fits without them, and warns where that is far off", () => {
    const chains = drawnChains(60, 1);
    fillTable(table, packedPlatform, { networks: chains });
    fitTable(table, platformId, "chain", "2026-01-01T01:00:00Z");
    const [sound] = checkTable(table, platformId).filter(({ check }) => check === "left-out error");

    expect(sound).toMatchObject({ severity: "ok", rows: { length: chains.length } });
    expect(sound?.message).toMatch(
      /^chain: 60 networks each predicted by a fit without it, median error [\d.]+ %/,
    );

    // Latencies of no law: what one network takes tells nothing of another.
    table.close();
    table = freshTable();
    platformId = table.ensurePlatform(identity, {}).id;
    session = table.startSession(platformId, sessionSettings);
    const random = seededRandom(3);
    for (const [position, network] of chains.entries())
      store(network, cost, { position, latency: latencyOf(50e-6 * (1 + 3 * random.uniform())) });
    fitTable(table, platformId, "chain", "2026-01-01T01:00:00Z");
    expect(findings("left-out error")[0]).toMatch(/^warning: chain: 60 networks/);
  });

  test("shows how fast the canary was over a session, and from one to the next", () => {
    const canaries = (times_s: readonly number[]) => {
      session = table.startSession(platformId, sessionSettings);
      for (const [position, latency_s] of times_s.entries())
        store(chain(8, 8), cost, {
          role: "canary",
          position,
          load: position,
          measuredAt: `2026-01-01T00:0${position}:00Z`,
          latency: latencyOf(latency_s),
        });
    };
    storeDesign();
    canaries([40e-6, 40e-6, 40.2e-6, 40.4e-6, 40e-6, 40.4e-6]);
    canaries([40e-6, 40e-6, 41e-6, 42e-6, 44e-6, 44e-6]);

    expect(findings("drift")).toEqual([
      "ok: session 2: canary 40.1 µs over 6 blocks, last third against first +0.5 %",
      "warning: session 3: canary 41.5 µs over 6 blocks, last third against first +10 %",
      "warning: session 3: canary against session 2 +3.49 %",
    ]);
  });

  test("reports the error on networks held out by family, by size and by session", () => {
    fillTable(table, packedPlatform, { networks: drawnChains(60, 1) });
    const named = (family: string, seed: number, times: number) =>
      fillTable(
        table,
        { ...packedPlatform, call_s: times * packedPlatform.call_s },
        {
          networks: drawnChains(4, seed).map((network) => ({
            ...network,
            name: `chain, ${family}`,
          })),
          role: "held-out",
        },
      );
    named("uniform", 2, 1);
    named("late tilt", 3, 3);

    const found = findings("held-out error");

    expect(found).toContainEqual(
      expect.stringMatching(/^warning: chain, held out, all: 8 networks/),
    );
    expect(found).toContainEqual(
      expect.stringMatching(/^ok: chain, held out, uniform: 4 networks/),
    );
    expect(found).toContainEqual(expect.stringMatching(/^warning: .*late tilt: 4 .*bias −?-?\d/));
    expect(found).toContainEqual(expect.stringMatching(/held out, below 100 µs: 8 networks/));
    expect(
      found.filter((finding) => /held out, session \d+: 4 networks/.test(finding)),
    ).toHaveLength(2);
  });

  test("says when nothing judges the costs, or a judge has no cost", () => {
    storeDesign();
    expect(findings("held-out error")[0]).toMatch(/^warning: No network was held out/);

    store(chain(400, 8), cost, { role: "held-out" });
    expect(findings("held-out error")[0]).toMatch(/1 rows of networks with kernels without a cost/);
  });

  test("finds times of zero, whole microseconds and few samples", () => {
    const network = measuredNetwork(chain(8, 8), cost);
    table.addNetworkMeasurement(platformId, session, {
      ...network,
      kernels: network.kernels.map((kernel, i) => ({
        ...kernel,
        latency: estimateOf(i * 1e-6),
        samples: 3,
        flags: i === 0 ? ["below-resolution" as const] : [],
      })),
    });

    expect(findings("positive costs")[0]).toMatch(/^ok: 1 of 2 kernel times are lost/);
    expect(findings("whole microseconds")[0]).toMatch(/^warning: 2 of 2/);
    expect(findings("samples")[0]).toMatch(/^warning: 2 kernel times rest on fewer than 10/);
  });

  test("reports the share of flagged rows", () => {
    storeDesign();
    store(chain(9, 9), cost, { flags: ["busy"] });
    expect(findings("flags")[0]).toEqual(
      expect.stringMatching(/^ok: 3\.3+ % of rows are flagged busy/),
    );

    for (const width of [10, 11, 12]) store(chain(width, 9), cost, { flags: ["busy"] });
    expect(findings("flags")[0]).toMatch(/^warning: 10\.\d+ %/);
  });

  test("finds costs that do not follow work", () => {
    storeDesign(
      ({ inChannels, outChannels }) => 1e-6 + 1e-7 * ((inChannels * outChannels * 7919) % 97),
    );

    expect(findings("rank with work")[0]).toMatch(
      /^warning: Cost hardly follows work \(in \d+(\.\d+)? % of pairs/,
    );
  });

  test("finds energy that is one power times latency", () => {
    const reading = (energy_j: number): EnergyReading => ({
      gross: { energy_j, low_j: energy_j, high_j: energy_j },
      windows: [],
      invalid: [],
      meter: "example",
      provenance: "measured",
    });
    for (const width of [8, 16, 24, 32, 40]) {
      const measured = measuredNetwork(chain(width, 8), cost);
      // 7.000 W in every row, as in the FPGA column of HW-NAS-Bench.
      const energy = reading(7 * measured.latency.floor.latency_s);
      table.addNetworkMeasurement(platformId, session, { ...measured, energy });
    }
    expect(findings("constant power")[0]).toMatch(/^warning: Energy is the same power/);

    store(chain(48, 8), cost, { energy: reading(1e-3) });
    expect(findings("constant power")[0]).toMatch(/^ok: Power differs/);
  });
});
