import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { beforeAll, expect, test } from "vitest";
import { planProfile } from "../../profiler/index.ts";
import { graphStart } from "../../src/app/workflows/graph-search.ts";
import { profiledSpace } from "../../src/app/workflows/profile-run.ts";
import { parseGraph } from "../../src/datasets/index.ts";
import { exitCodes } from "../../src/errors.ts";
import { graphExamples } from "../../src/training/graph/graph-examples.ts";
import { cli } from "../support/cli.ts";
import { thisPlatform } from "../support/command-folder.ts";
import { writePlannedTable } from "../support/formula-table.ts";
import { smallGraphFile } from "../support/small-graph.ts";
import { stoppedSearch } from "../support/stopped-training.ts";

const folder = mkdtempSync(join(tmpdir(), "wattsplit-search-graph-"));
writeFileSync(join(folder, "cora.json"), JSON.stringify(smallGraphFile()));
const graph = parseGraph(JSON.stringify(smallGraphFile()), "small");
const db = join(folder, "energy.db");
const data = ["--data", `cora:${folder}`];

beforeAll(async () => {
  const plan = planProfile({ ...profiledSpace(graphStart(graph)), designNetworks: 12 });
  writePlannedTable(db, plan, { platform: await thisPlatform(), loads: 1, assumePower_w: 2 });
});

const search = (out: string, ...more: readonly string[]) => [
  ...["search", "--net", "gcn", ...data, "--db", db, "--recipe", "trial", "--latency-ms", "0.08"],
  ...["--train-threads", "1", "--backend", "onnx-cpu", "--out", join(folder, out), ...more],
];

test("hidden units of a graph's network are grown within latency and energy, and leave whole files", async () => {
  const limits = ["--energy-mj", "0.12", "--json"];
  const { code, stdout, stderr } = await cli(search("found", ...limits));

  expect(code, stderr).toBe(exitCodes.done);
  const { history, predicted } = JSON.parse(stdout);
  expect(predicted.latency_s).toBeLessThanOrEqual(0.08e-3);
  expect(predicted.energy_j).toBeLessThanOrEqual(0.12e-3);
  const [found] = history.rounds.at(-1).candidates;
  expect(found.widths.hidden).toBeGreaterThan(4);
  // 45 test nodes of three classes.
  expect(history.test).toMatchObject({ count: 45 });
  expect(history.test.accuracy).toBeGreaterThan(0.7);
  expect(existsSync(join(folder, "found", "network.tflite"))).toBe(false);

  const session = await ort.InferenceSession.create(join(folder, "found", "network.onnx"));
  const { test: split } = graphExamples(graph, { steps: 1, parts: 1 });
  const { nodes, features, classes } = graph;
  const turned = new Float32Array(nodes * features);
  for (const [i, value] of (split.pixels as Float32Array).entries())
    turned[(i % features) * nodes + Math.floor(i / features)] = value;
  const input = new ort.Tensor("float32", turned, [1, features, nodes, 1]);
  const { output } = await session.run({ input });
  expect(output?.dims).toEqual([nodes, classes]);
  const scores = output?.data as Float32Array;
  const right = [...graph.test].filter((node) => {
    const own = scores.subarray(node * classes, (node + 1) * classes);
    return own.indexOf(Math.max(...own)) === graph.labels[node];
  });
  expect(right.length / graph.test.length).toBeCloseTo(history.test.accuracy, 12);
});

test("a search that was stopped goes on, and finds the same", async () => {
  const out = join(folder, "stopped");
  const limits = ["--energy-mj", "0.12"];

  const stopped = await stoppedSearch(search("stopped", ...limits), out);
  expect(stopped.code).toBe(exitCodes.interrupted);
  expect((await cli(search("stopped", ...limits, "--resume"))).code).toBe(exitCodes.done);

  const history = (name: string) => readFileSync(join(folder, name, "history.json"), "utf8");
  expect(history("stopped")).toBe(history("found"));
});

test("what was found is measured layer by layer, and reported", async () => {
  const out = join(folder, "found");
  const verified = await cli([
    "verify",
    out,
    "--patience",
    "0.05s",
    "--allow-conditions",
    "--json",
  ]);

  expect(verified.code, verified.stderr).toBe(exitCodes.done);
  const { layers } = JSON.parse(verified.stdout);
  expect(layers.map(({ layer }: { layer: string }) => layer)).toEqual([
    ...["hidden", "propagated", "logits"],
  ]);
  await cli(["report", out]);
  const page = readFileSync(join(out, "report.html"), "utf8");
  expect(page).toContain("propagated");
  expect(page).toContain("on 45 test nodes");
});

test("kernels of a graph's network are profiled like any others", async () => {
  const measured = join(folder, "measured.db");
  const { code, stderr } = await cli([
    ...["profile", "--space", "gcn", ...data, "--db", measured, "--networks", "2"],
    ...["--held-out", "0", "--target-ci", "0.9", "--patience", "0.001s", "--allow-conditions"],
  ]);
  expect(code, stderr).toBe(exitCodes.done);

  const { stdout } = await cli([
    "query",
    "kernels",
    "--op",
    "propagate",
    "--db",
    measured,
    "--json",
  ]);
  const { rows } = JSON.parse(stdout);
  // Every edge twice, and every node once.
  const entries = graph.edges.length + graph.nodes;
  expect(rows.length).toBeGreaterThan(0);
  for (const { kernel, cost } of rows) {
    expect(kernel).toMatchObject({ inHeight: 90, inWidth: 1, kernelSize: entries });
    expect(cost.latency_s).toBeGreaterThan(0);
  }
});

test.each([
  ["no graph", ["profile", "--net", "gcn", "--db", join(folder, "new.db")], "needs a graph"],
  ["data for another net", ["profile", "--net", "mlp", ...data], "--data is for --net gcn alone"],
  ["images", search("a", "--data", "mnist"), 'No graph "mnist"'],
  ["workers", search("a", "--workers", "2"), "--workers does not go with --net gcn"],
  ["natural gradients", search("a", "--optimizer", "kfac"), "--optimizer kfac does not go with"],
])("%s is refused in one sentence", async (_, args, said) => {
  const { code, stderr } = await cli(args);

  expect(code).toBe(exitCodes.usage);
  expect(stderr).toContain(said);
});
