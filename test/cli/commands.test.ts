import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { beforeAll, expect, test } from "vitest";
import { exitCodes } from "../../src/errors.ts";
import { formatNetwork } from "../../src/network/network-file.ts";
import { cli } from "../support/cli.ts";
import { smallNetwork, writeFormulaTable } from "../support/formula-table.ts";

let folder: string;
let db: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wattsplit-commands-"));
  db = writeFormulaTable(folder);
});

const queryConv = (out: string) => ["--db", db, "--op", "conv2d", "--in", "4x4x4", "--out", out];

test("without arguments the summary names the first commands", async () => {
  const { code, stdout } = await cli([]);

  expect(code).toBe(exitCodes.done);
  expect(stdout).toContain("wattsplit quickstart");
});

test("a cost comes with the rows of its width, exact and measured", async () => {
  const { stdout } = await cli(["query", "cost", ...queryConv("8"), "--json"]);

  const answer = JSON.parse(stdout);
  expect(answer).toMatchObject({ schema: 1, provenance: "interpolated" });
  expect(answer.measured.provenance).toBe("measured");
  // 1 us and 4 positions x 9 taps x 4 x 8 channels at 1 ns.
  expect(answer.measured.latency_s).toBeCloseTo(1e-6 + 1e-9 * 4 * 9 * 4 * 8, 12);
});

test("a cost between measured widths is interpolated and says so", async () => {
  const { stdout } = await cli(["query", "cost", ...queryConv("10"), "--json"]);

  const answer = JSON.parse(stdout);
  expect(answer.provenance).toBe("interpolated");
  expect(answer.latency_s).toBeCloseTo(1e-6 + 1e-9 * 4 * 9 * 4 * 10, 7);
});

test("without a meter no energy is invented", async () => {
  const { stdout } = await cli(["query", "cost", ...queryConv("8")]);

  expect(stdout).toContain("absent");
  expect(stdout).not.toMatch(/0 J/);
});

test("platforms, kernels, stairs and marginal cost answer as text and as JSON", async () => {
  for (const question of ["kernels", "stairs"]) {
    expect((await cli(["query", question, "--db", db])).code).toBe(exitCodes.done);
    const { stdout } = await cli(["query", question, "--db", db, "--json"]);
    expect(JSON.parse(stdout).rows.length).toBeGreaterThan(0);
  }
  const platforms = JSON.parse((await cli(["query", "platforms", "--db", db, "--json"])).stdout);
  const marginal = JSON.parse(
    (await cli(["query", "marginal", ...queryConv("8"), "--by", "4", "--json"])).stdout,
  );
  expect(platforms.rows).toHaveLength(1);
  expect(marginal.latency_s).toBeCloseTo(1e-9 * 4 * 9 * 4 * 4, 9);
});

test("a network is answered layer by layer, and its layers and the call add up", async () => {
  const file = join(folder, "asked.json");
  writeFileSync(file, formatNetwork(smallNetwork(4, 8)));

  const { stdout } = await cli(["query", "network", file, "--db", db, "--json"]);
  const text = (await cli(["query", "network", file, "--db", db])).stdout;

  const answer = JSON.parse(stdout);
  const layers_s = answer.layers.map(({ cost }: { cost: { latency_s: number } }) => cost.latency_s);
  const sum_s = layers_s.reduce((sum: number, own: number) => sum + own, answer.overhead.latency_s);
  expect(answer).toMatchObject({ schema: 1, network: "small", provenance: "predicted" });
  expect(answer.latency_s).toBeCloseTo(sum_s, 12);
  expect(answer.latency_low_s).toBeLessThan(answer.latency_s);
  for (const name of ["conv1", "conv2", "logits", "call"]) expect(text).toContain(name);
});

test("neurons of a layer inside a network cost their kernel's and their readers'", async () => {
  const file = join(folder, "asked.json");
  writeFileSync(file, formatNetwork(smallNetwork(4, 8)));
  const marginal = (...more: readonly string[]) =>
    cli(["query", "marginal", "--net", file, "--db", db, ...more]);

  const { stdout } = await marginal("--layer", "conv1", "--by", "4", "--json");

  // 16 positions x 9 taps of the layer, 4 x 9 x 8 of its reader, per neuron at 1 ns.
  const answer = JSON.parse(stdout);
  expect(answer.latency_s).toBeCloseTo(1e-9 * 4 * (16 * 9 + 4 * 9 * 8), 9);
  expect(answer).toMatchObject({ layers: ["conv1"], width: 4 });
  expect((await marginal("--layer", "conv1", "--by", "4")).stdout).toContain("4 more neurons");
  for (const [args, said] of [
    [[], "needs the --layer"],
    [["--layer", "logits"], 'No neurons can be added to layer "logits"'],
    [["--layer", "conv1", "--multiplier", "0.5", "--widths", "4-8"], "both say"],
  ] as const) {
    const refused = await marginal(...args);
    expect(refused.code).toBe(exitCodes.usage);
    expect(refused.stderr).toContain(said);
  }
});

test("a dry run prints the plan and writes nothing", async () => {
  const path = join(folder, "planned.db");

  const { stdout, code } = await cli(["profile", "--net", "mnist-cnn", "--db", path, "--dry-run"]);

  expect(code).toBe(exitCodes.done);
  expect(stdout).toMatch(/kernels inside \d+ design networks/);
  expect(existsSync(path)).toBe(false);
});

test("a plan has any widths unless a grid is asked for", async () => {
  const widths = async (...flags: string[]): Promise<readonly number[]> => {
    const { stdout } = await cli([
      "profile",
      "--net",
      "mnist-cnn",
      "--dry-run",
      "--json",
      ...flags,
    ]);
    return Object.values<number[]>(JSON.parse(stdout).widths).flat();
  };

  expect((await widths()).some((width) => width % 4 !== 0)).toBe(true);
  expect((await widths("--grid", "4")).filter((width) => width % 4 !== 0)).toEqual([]);
});

test("a search from the table writes a network that ONNX Runtime loads, its history and a report", async () => {
  const out = join(folder, "found");
  const net = join(folder, "small.json");
  writeFileSync(net, formatNetwork(smallNetwork(2, 4)));
  const flags = ["--net", net, "--data", "synthetic", "--db", db, "--latency-ms", "0.032"];

  const { code, stderr } = await cli(["search", ...flags, "--recipe", "quick", "--out", out]);

  expect(stderr).not.toMatch(/Error/);
  expect(stderr).toContain("only measured up to conv2 16");
  expect(code).toBe(exitCodes.done);
  const session = await ort.InferenceSession.create(readFileSync(join(out, "network.onnx")));
  expect(session.inputNames).toEqual(["input"]);
  const history = JSON.parse(readFileSync(join(out, "history.json"), "utf8"));
  expect(history.rounds.at(-1).candidates[0].cost.latency_s).toBeLessThan(0.032e-3);
  expect(readFileSync(join(out, "report.html"), "utf8")).toContain("<svg");
  expect(existsSync(join(out, "search.state"))).toBe(false);
});

test("a search says its plan before it starts, keeps a time limit's recipe, and the multiple and optimiser asked for", async () => {
  const out = join(folder, "planned");
  const net = join(folder, "planned.json");
  writeFileSync(net, formatNetwork(smallNetwork(4, 8)));
  const flags = ["--net", net, "--data", "synthetic", "--db", db, "--latency-ms", "0.032"];
  const wanted = ["--method", "uniform-on-stairs", "--widths-multiple", "4", "--time-limit", "2m"];
  const optimizer = ["--optimizer", "kfac", "--schedule", "steps", "--label-smoothing", "0.1"];

  const { code, stderr } = await cli([
    ...["search", ...flags, ...wanted, ...optimizer, "--out", out],
  ]);

  expect(stderr).toMatch(/Plan: 1 trainings?, \d+ epochs, .* examples at .* a second: about/);
  expect(code).toBe(exitCodes.done);
  const history = JSON.parse(readFileSync(join(out, "history.json"), "utf8"));
  const { conv1, conv2 } = history.rounds.at(-1).candidates[0].widths;
  expect([conv1 % 4, conv2 % 4]).toEqual([0, 0]);
  expect(history.recipe.finalEpochs).toBeLessThanOrEqual(40);
  expect(history.recipe).toMatchObject({
    optimizer: "kfac",
    schedule: "steps",
    labelSmoothing: 0.1,
  });
});

test("table check runs its checks on every platform", async () => {
  const { stdout } = await cli(["table", "check", "--db", db]);

  expect(stdout).toContain("rank with work");
});

test("devices lists each runtime and meter with what to do about those that do not work", async () => {
  const { stdout, code } = await cli(["devices", "--json"]);

  const rows: { name: string; works: boolean; remedy: string }[] = JSON.parse(stdout).rows;
  expect(code).toBe(exitCodes.done);
  expect(rows.find(({ name }) => name === "ort-cpu")?.works).toBe(true);
  for (const row of rows) if (!row.works) expect(row.remedy).not.toBe("");
});
