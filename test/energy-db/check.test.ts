import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkTable, type EnergyTable, storeCalibration } from "../../energy-db/index.ts";
import type { EnergyReading } from "../../energy-db/records.ts";
import type { Kernel } from "../../src/network/kernel.ts";
import {
  calibration,
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
    storeDesign();
    store(chain(40, 40), cost, { role: "held-out" });
    storeCalibration(table, platformId, calibration);

    const found = checkTable(table, platformId);

    expect(found.filter(({ severity }) => severity !== "ok")).toEqual([]);
    expect(new Set(found.map(({ check }) => check)).size).toBe(8);
  });

  test("takes the held-out error anew from the rows", () => {
    storeDesign();
    storeCalibration(table, platformId, calibration);
    const slow = measuredNetwork(chain(40, 40), cost, { role: "held-out" });
    const latency = latencyOf(1.25 * slow.latency.floor.latency_s);
    table.addNetworkMeasurement(platformId, session, { ...slow, latency });

    expect(findings("held-out error")).toEqual([
      "ok: chain: when calibrated, 5 held-out networks: median error 1 %, 90th percentile 2 %",
      "warning: chain: from the rows, 1 held-out and verified networks: median error 20 %, 90th percentile 20 %",
    ]);
  });

  test("says when nothing judges the costs, or a judge has no cost", () => {
    storeDesign();
    expect(findings("held-out error")[0]).toMatch(/^warning: No calibration/);

    storeCalibration(table, platformId, calibration);
    expect(findings("held-out error")[1]).toMatch(/no network was held out/);

    store(chain(400, 8), cost, { role: "held-out" });
    expect(findings("held-out error")[1]).toMatch(/1 of 1 .* kernels without a cost/);
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

    expect(findings("positive costs")[0]).toMatch(/^error: 1 kernel times are zero/);
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
      /^warning: Cost hardly follows work \(rank correlation/,
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

  test("finds a negative overhead", () => {
    storeCalibration(table, platformId, { ...calibration, overhead_s: -1e-6 });

    expect(findings("overhead")[0]).toMatch(
      /^warning: chain: the calibration's overhead is negative/,
    );
  });
});
