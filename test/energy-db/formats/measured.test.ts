import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import {
  type EnergyTable,
  findFormat,
  fitTable,
  loadCosts,
  openTable,
} from "../../../energy-db/index.ts";
import { exportTable } from "../../../src/app/workflows/export-table.ts";
import { kernelMacs } from "../../../src/network/costs.ts";
import { kernelsOf } from "../../../src/network/kernel.ts";
import type { Layer } from "../../../src/network/layer.ts";
import type { Network } from "../../../src/network/network.ts";
import { cli } from "../../support/cli.ts";
import { identity, measuredNetwork, sessionSettings } from "../example-rows.ts";
import { temporaryFolder } from "../temporary.ts";

const conv = (name: string, width: number, more: object = {}): Layer => ({
  ...{ kind: "conv2d", name, width, kernelSize: 1, stride: 1, padding: "same" },
  ...{ bias: true, batchNorm: false, activation: "relu6", ...more },
});

/** A stem, an inverted residual block that adds its input, and a head. */
const inverted = (width: number, expansion: number): Network => ({
  name: `inverted ${width}x${expansion}`,
  input: { height: 8, width: 8, channels: 3 },
  layers: [
    conv("stem", width, { kernelSize: 3, stride: 2 }),
    conv("expand", width * expansion),
    {
      ...{ kind: "depthwise_conv2d", name: "depthwise", kernelSize: 3, stride: 1 },
      ...{ padding: "same", bias: true, batchNorm: false, activation: "relu6" },
    },
    conv("project", width, { activation: "linear" }),
    { kind: "add", name: "sum", inputs: ["stem", "project"], activation: "linear" },
    conv("last", 64),
    { kind: "global_pool", name: "pool" },
    { kind: "dense", name: "logits", width: 10, bias: true, activation: "linear" },
  ],
});

const pairs = [4, 8, 12, 16].flatMap((width) =>
  [1, 2, 3, 6].map((times) => [width, times] as const),
);
let folder: string;
let table: EnergyTable;
beforeAll(() => {
  folder = temporaryFolder();
  table = openTable(join(folder, "energy.db"), { mode: "write", create: true });
  const { id } = table.ensurePlatform({ ...identity, device: "board" }, {});
  const session = table.startSession(id, { ...sessionSettings, space: "inverted" });
  for (const [position, [width, times]] of pairs.entries())
    table.addNetworkMeasurement(
      id,
      session,
      measuredNetwork(inverted(width, times), (kernel) => 1e-6 + 1e-9 * kernelMacs(kernel), {
        position,
      }),
    );
  fitTable(table, id, "inverted", "2026-01-01T00:09:00Z");
  table.finishSession(session, "2026-01-01T00:10:00Z", "done");
});
afterAll(() => table.close());

/** What the table answers for the kernels of these layers together, ms. */
function answered_ms(network: Network, names: readonly string[]): number {
  const costs = loadCosts(table, table.findPlatform({}).id);
  return kernelsOf(network)
    .filter(({ layer }) => names.includes(layer))
    .reduce((sum, { kernel }) => sum + 1e3 * costs.cost(kernel).latency_s, 0);
}

const block = ["expand", "depthwise", "project", "sum"];
const textOf = async (id: string) =>
  String((await exportTable(table, findFormat(id), "board")).content);

test.each([
  ["ofa", "expanded_conv-input:4x4x8-output:4x4x8-expand:24-kernel:3-stride:1-idskip:1-se:0-hs:0"],
  ["proxylessnas", "expanded_conv-input:4x4x8-output:4x4x8-expand:3-kernel:3-stride:1-idskip:1"],
  ["nsganetv2", "MBConv-input:4x4x8-output:4x4x8-expand:3-kernel:3-stride:1-idskip:1-se:0"],
])(
  "as %s, a measured block is one entry, which costs what its kernels do together",
  async (id, key) => {
    const entries = parse(await textOf(id)) as Record<string, { mean: number }>;

    expect(entries[key]?.mean).toBeCloseTo(answered_ms(inverted(8, 3), block), 9);
    expect(
      Object.keys(entries).filter((name) => /^(expanded_conv|MBConv)/.test(name)),
    ).toHaveLength(16);
    const stem = Object.entries(entries).find(([name]) =>
      /^(Conv|first_conv)-input:8x8x3-output:4x4x12$/.test(name),
    );
    expect(stem?.[1].mean).toBeCloseTo(answered_ms(inverted(12, 1), ["stem"]), 9);
  },
);

test("as NetAdapt, a measured layer is a dictionary of its pairs of widths, in seconds", async () => {
  const { content, lost } = await exportTable(table, findFormat("netadapt"), "board");
  const [read] = await findFormat("netadapt").read({ name: "n", bytes: Buffer.from(content) });
  const [found] = (read?.rows ?? []).filter(
    ({ inChannels, outChannels }) => inChannels === 8 && outChannels === 24,
  );

  expect(1e3 * (found?.latency_s ?? 0)).toBeCloseTo(answered_ms(inverted(8, 3), ["expand"]), 9);
  expect(lost).toContain("shapes: layers are numbered in the table's order");
});

test("as nn-Meter's builder profiles, a measured kernel has its configuration and milliseconds", async () => {
  const document = JSON.parse(await textOf("nn-meter")) as Record<
    string,
    Record<string, { config: Record<string, number>; latency: string }>
  >;
  const found = Object.values(document["conv-bn-relu"] ?? document["conv-relu"] ?? {}).find(
    ({ config }) => config.CIN === 8 && config.COUT === 24,
  );

  expect(found?.config).toMatchObject({ HW: 4, KERNEL_SIZE: 1, STRIDES: 1 });
  const [mean = Number.NaN] = (found?.latency ?? "").split("+-").map(Number);
  expect(mean).toBeCloseTo(answered_ms(inverted(8, 3), ["expand"]), 9);
});

test("as nn-Meter's models, a measured network is a line of its latency on its device", async () => {
  const lines = (await textOf("nn-meter-dataset"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const measured = table.networkMeasurements(table.findPlatform({}).id);

  expect(lines).toHaveLength(pairs.length);
  const wanted = measured.find(({ network }) => network.name === "inverted 8x3");
  const line = lines.find(({ id }: { id: string }) => id.startsWith("inverted 8x3 "));
  expect(line.board).toBeCloseTo(1e3 * (wanted?.latency.floor.latency_s ?? 0), 9);
});

test("as HAQ, measured costs are refused: they are seconds of one precision, not cycles by bits", async () => {
  const { code, stderr } = await cli([
    "table",
    "export",
    "--db",
    table.path,
    "--format",
    "haq-npy",
  ]);

  expect(code).not.toBe(0);
  expect(stderr).toContain("cannot hold time");
});

test("NumPy's own reader sees the array that was written (skips without python3-numpy)", async () => {
  const { spawnSync } = await import("node:child_process");
  if (spawnSync("python3", ["-c", "import numpy"]).status !== 0) return;
  const path = join(folder, "haq.npy");
  const rows = [0, 1].flatMap((layer) =>
    [1, 2].map((weightBits) => ({
      ...{ key: `${layer}/${weightBits}`, op: "layer", work: 10 * layer + weightBits },
      shape: { layer, weightBits, activationBits: 1 },
    })),
  );
  const written = findFormat("haq-npy").write([{ dialect: "", units: {}, details: {}, rows }]);
  writeFileSync(path, written.content);

  const program = `import numpy; print(numpy.load(${JSON.stringify(path)}).tolist())`;
  expect(spawnSync("python3", ["-c", program]).stdout.toString().trim()).toBe(
    "[[[1], [2]], [[11], [12]]]",
  );
  expect(readFileSync(path).length % 64).toBe(32);
});
