import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Matrix, solve } from "ml-matrix";
import { quantile } from "simple-statistics";
import {
  type CombinedNetwork,
  type CostTable,
  combineLoads,
  type EnergyTable,
  type LatencyEstimate,
  loadCosts,
  type NetworkMeasurement,
  openTable,
  type StoredNetworkMeasurement,
} from "../energy-db/index.ts";
import { measuringProtocol } from "../profiler/index.ts";
import { kernelMacs } from "../src/network/costs.ts";
import { type Kernel, kernelKey, kernelsOf } from "../src/network/kernel.ts";
import { type Network, withWidths } from "../src/network/network.ts";
import { presets } from "../src/network/presets.ts";
import { widthGroups } from "../src/network/width-groups.ts";
import { type Random, seededRandom } from "../src/random.ts";
import { formatPercent } from "../src/units.ts";

const goal = 100_000;

/**
 * With a table's path: errors on its held-out networks. Without: answers per second from memory, on a table of 60 MobileNetV1 networks with random widths: measured kernels,
 * new interpolated ones, interpolated ones asked again, and the one-off cost of loading and fitting.
 */
export async function run([path]: readonly string[]): Promise<void> {
  if (path !== undefined) return compareOnHeldOut(path);
  const folder = mkdtempSync(join(tmpdir(), "answers-"));
  const table = openTable(join(folder, "energy.db"), { mode: "write", create: true });
  try {
    const random = seededRandom(1);
    const platformId = fill(table, random);
    const { value: costs, seconds: loading } = timed(() => loadCosts(table, platformId));
    const { seconds: fitting } = timed(() => costs.stairs());
    console.log(`load ${loading.toFixed(2)} s, fit all families ${fitting.toFixed(2)} s`);
    const measured = costs.kernels().map(({ kernel }) => kernel);
    // A second copy of the table finds out which kernels have an answer, so that the first has not met them.
    const between = kernelsBetween(loadCosts(table, platformId), measured, random);
    report("measured", measured, costs);
    report("interpolated, first time", between, costs);
    report("interpolated, again", between, costs);
  } finally {
    table.close();
    rmSync(folder, { recursive: true });
  }
}

/**
 * Errors on the held-out networks of a table, beside those of what came before the joint fit: one line through sums of
 * node times. The line is given the held-out networks' own node times, so it is better here than it was between widths.
 */
function compareOnHeldOut(path: string): void {
  const table = openTable(path, { mode: "read" });
  for (const { id, device } of table.platforms())
    for (const space of new Set(table.costModels(id, "latency").map((model) => model.space))) {
      const costs = loadCosts(table, id, { space });
      const rows = (role: "design" | "held-out") =>
        combineLoads(table.networkMeasurements(id, { role, space, protocol: measuringProtocol }));
      const line = lineThrough(rows("design").flatMap(summed));
      const judged = rows("held-out").flatMap((network) =>
        summed(network).map(({ sum_s, latency_s }) => ({
          joint: costs.networkCost(network.network).latency_s / latency_s - 1,
          line: (line.overhead_s + line.slope * sum_s) / latency_s - 1,
        })),
      );
      console.log(`${device}, ${space}: ${judged.length} held-out networks`);
      for (const way of ["joint", "line"] as const) {
        const errors = judged.map((errorsOf) => Math.abs(errorsOf[way]));
        console.log(
          `  ${way}: median ${formatPercent(quantile(errors, 0.5))}, 90th percentile ${formatPercent(quantile(errors, 0.9))}, worst ${formatPercent(Math.max(...errors))}`,
        );
      }
    }
  table.close();
}

interface Summed {
  readonly sum_s: number;
  readonly latency_s: number;
}

/** Nothing where no load of the network was logged. */
function summed({ rows, floor }: CombinedNetwork<StoredNetworkMeasurement>): readonly Summed[] {
  const logged = rows.find(({ kernels }) => kernels.length > 0);
  if (!logged) return [];
  const sum_s = logged.kernels.reduce((sum, { latency }) => sum + latency.latency_s, 0);
  return [{ sum_s, latency_s: floor.latency_s }];
}

/** overhead + slope x sum by least relative squares. */
function lineThrough(points: readonly Summed[]) {
  const rows = points.map(({ sum_s, latency_s }) => [1 / latency_s, sum_s / latency_s]);
  const solution = solve(new Matrix(rows), Matrix.ones(points.length, 1));
  return { overhead_s: solution.get(0, 0), slope: solution.get(1, 0) };
}

function report(what: string, kernels: readonly Kernel[], costs: CostTable): void {
  const rounds = what.endsWith("first time") ? 1 : Math.ceil(200_000 / kernels.length);
  const { seconds } = timed(() => {
    for (let round = 0; round < rounds; round++) for (const kernel of kernels) costs.cost(kernel);
  });
  const rate = (rounds * kernels.length) / seconds;
  console.log(
    `${what}: ${Math.round(rate).toLocaleString("en")} answers/s, goal ${goal.toLocaleString("en")}: ${rate >= goal ? "met" : "missed"}`,
  );
}

function timed<T>(work: () => T): { readonly value: T; readonly seconds: number } {
  const start = performance.now();
  const value = work();
  return { value, seconds: (performance.now() - start) / 1000 };
}

/** Distinct kernels between measured ones. */
function kernelsBetween(
  costs: CostTable,
  measured: readonly Kernel[],
  random: Random,
): readonly Kernel[] {
  const kernels = new Map<string, Kernel>();
  for (const kernel of measured.filter(({ op }) => op === "conv2d"))
    for (let i = 0; i < 100; i++) {
      const outChannels = Math.max(1, kernel.outChannels + random.below(64) - 32);
      const moved = { ...kernel, outChannels };
      if (costs.tryCost(moved)?.provenance === "interpolated") kernels.set(kernelKey(moved), moved);
    }
  return [...kernels.values()];
}

/** 60 networks in the search range of the preset, each kernel 1 µs plus 0.1 ns per thousand MACs, 1 % noise. */
function fill(table: EnergyTable, random: Random): number {
  const platform = table.ensurePlatform(
    {
      device: "formula",
      processor: "none",
      fingerprint: "unknown",
      os: "unknown",
      runtime: "none",
      runtimeVersion: "0",
      runtimeBuild: "unknown",
      precision: "float32",
      threads: 1,
      powerMode: "unknown",
    },
    {},
  );
  const session = table.startSession(platform.id, {
    kind: "profile",
    protocol: 1,
    space: "mobilenet-v1-cifar",
    toolVersion: "0",
    seed: 1,
    startedAt: "2026-01-01T00:00:00Z",
    settings: {},
  });
  for (let position = 0; position < 60; position++)
    table.addNetworkMeasurement(
      platform.id,
      session,
      measurementOf(randomNetwork(random), position, random),
    );
  return platform.id;
}

function randomNetwork(random: Random): Network {
  const preset = presets["mobilenet-v1-cifar"];
  const network = preset.build({});
  const widths = widthGroups(network).flatMap((group, i) => {
    const cap = preset.search?.cap[i];
    const width = 8 * (1 + random.below((cap ?? 8) / 8));
    return cap === undefined ? [] : group.writers.map((writer) => [writer, width] as const);
  });
  return withWidths(network, new Map(widths));
}

function measurementOf(network: Network, position: number, random: Random): NetworkMeasurement {
  const kernels = kernelsOf(network).map(({ layer, kernel }) => ({
    layer,
    kernel,
    provenance: "measured" as const,
    latency: estimate((1e-6 + 1e-13 * kernelMacs(kernel)) * (1 + 0.01 * random.normal())),
    flags: [],
    samples_s: new Float64Array(50),
  }));
  const sum_s = kernels.reduce((sum, { latency }) => sum + latency.latency_s, 0);
  return {
    network,
    role: "design",
    batch: 1,
    position,
    block: 0,
    load: 0,
    attempt: 0,
    measuredAt: "2026-01-01T00:00:00Z",
    provenance: "measured",
    latency: {
      floor: estimate(sum_s),
      typical: estimate(sum_s),
      p90_s: sum_s,
      samples: 50,
    },
    warmUpRuns: 0,
    conditions: {},
    flags: [],
    batches: {
      start_s: new Float64Array(50),
      latency_s: new Float64Array(50),
      runs: new Uint32Array(50),
      kind: new Uint8Array(50),
      slowdown: new Float64Array(50),
      calm: new Uint8Array(50),
    },
    kernels,
  };
}

const estimate = (latency_s: number): LatencyEstimate => ({
  latency_s,
  low_s: 0.99 * latency_s,
  high_s: 1.01 * latency_s,
});
