import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exitCodes } from "../../src/errors.ts";
import { exportNetwork } from "../../src/network/export.ts";
import { quantizedGraph } from "../../src/network/export-qdq.ts";
import { initialWeights } from "../../src/network/initial-weights.ts";
import { formatNetwork } from "../../src/network/network-file.ts";
import { encodeModel, type OnnxGraph } from "../../src/onnx/index.ts";
import { seededRandom } from "../../src/random.ts";
import { identity } from "../energy-db/example-rows.ts";
import { cli } from "../support/cli.ts";
import { smallNetwork, writeFormulaTable } from "../support/formula-table.ts";

const folder = mkdtempSync(join(tmpdir(), "wattsplit-estimate-"));
const db = writeFormulaTable(folder);
const network = smallNetwork(4, 8);
const graph = exportNetwork(network, initialWeights(network, seededRandom(1)));

function written(name: string, model: OnnxGraph): string {
  const path = join(folder, name);
  writeFileSync(path, encodeModel(model));
  return path;
}
const model = written("small.onnx", graph);

test("the layers' shares are drawn into a file or to standard output, as SVG", async () => {
  const path = join(folder, "shares.svg");
  const both = await cli(["estimate", model, "--db", db, "-o", path]);
  const drawn = await cli(["estimate", model, "--db", db, "-o", "-"]);

  expect(both.stdout).toContain("multiply-accumulates");
  expect(readFileSync(path, "utf8")).toBe(drawn.stdout.trimEnd());
  expect(drawn.stdout).toMatch(/^<svg [^>]*aria-label="Latency of 5 layers/);
});

test("a model that the table knows costs what the same network does", async () => {
  const json = join(folder, "small.json");
  writeFileSync(json, formatNetwork(network));

  const asked = JSON.parse((await cli(["query", "network", json, "--db", db, "--json"])).stdout);
  const { stdout, code } = await cli(["estimate", model, "--db", db, "--json"]);
  const answer = JSON.parse(stdout);

  expect(code).toBe(exitCodes.done);
  expect(answer.latency_s).toBeCloseTo(asked.latency_s, 12);
  expect(answer.latency_high_s).toBeCloseTo(asked.latency_high_s, 12);
  expect(answer.guessedShare).toBe(0);
  expect(answer.layers.map(({ layer }: { layer: string }) => layer)).toEqual([
    "conv1",
    "conv2",
    "pool",
    "logits",
  ]);
});

test("an operator that no layer is gets a guess, its name and its share", async () => {
  const nodes = graph.nodes.map((node) =>
    node.name === "pool" ? { ...node, inputs: ["odd"] } : node,
  );
  const odd = { name: "odd", op: "HardSigmoid", inputs: ["conv2"], outputs: ["odd"] };
  const path = written("odd.onnx", { ...graph, nodes: [...nodes, odd] });

  const { stdout } = await cli(["estimate", path, "--db", db]);

  expect(stdout).toMatch(/odd +HardSigmoid, 2x2x8 to 2x2x8 .* predicted/);
  expect(stdout).toMatch(/HardSigmoid x1: no layer; 0 % of the MACs, \d/);
  expect(stdout).toMatch(/% of the time is predicted from work alone/);
});

test("profile plans the kernels that a model needs, and refuses one that no network of ours is", async () => {
  const plan = await cli(["profile", "--model", model, "--dry-run", "--db", db, "--json"]);
  const fixture = "test/network/import/fixtures/mobilenet_v3_small-13.onnx";
  const refused = await cli(["profile", "--model", fixture, "--dry-run", "--db", db]);

  const { widths, imageSizes } = JSON.parse(plan.stdout);
  expect(Object.keys(widths)).toEqual(["conv1", "conv2"]);
  expect(imageSizes.length).toBeGreaterThan(0);
  expect(refused.code).toBe(exitCodes.unavailable);
  expect(refused.stderr).toContain("HardSigmoid");
  const both = await cli(["profile", "--model", model, "--net", "mlp", "--dry-run"]);
  expect(both.code).toBe(exitCodes.usage);
});

test("a quantised model's steps are guessed from float32, with wide intervals, and profile plans its own", async () => {
  const quantised = "test/network/import/fixtures/qdq-per-channel-13.onnx";

  const { stdout } = await cli(["estimate", quantised, "--db", db]);
  const answer = JSON.parse((await cli(["estimate", quantised, "--db", db, "--json"])).stdout);
  const plan = await cli(["profile", "--model", quantised, "--dry-run", "--db", db]);

  expect(stdout).toMatch(/depthwise_conv2d 3x3 int8, 8x8, 16 channels .* predicted/);
  const layer = answer.layers.find(({ op }: { op: string }) => op === "Conv");
  expect(layer).toMatchObject({ provenance: "predicted", kernel: { dtype: "int8" } });
  expect(layer.latency_high_s).toBeGreaterThanOrEqual(4 * layer.latency_s);
  expect(plan.code).toBe(0);
  expect(plan.stdout).toContain("Plan for qdq-per-channel-13");
});

test("a quantised model is estimated from the platform of its precision, one in float32 not", async () => {
  const own = mkdtempSync(join(tmpdir(), "wattsplit-int8-"));
  const integers = writeFormulaTable(own, { platform: { ...identity, precision: "int8" } });
  const path = join(own, "quantised.onnx");
  writeFileSync(path, encodeModel(quantizedGraph(graph)));

  const answer = JSON.parse((await cli(["estimate", path, "--db", integers, "--json"])).stdout);
  const refused = await cli(["estimate", model, "--db", integers]);

  expect(answer.layers.map(({ op }: { op: string }) => op)).toContain("Conv");
  expect(answer.layers.map(({ op }: { op: string }) => op)).not.toContain("QuantizeLinear");
  expect(refused.code).toBe(exitCodes.unavailable);
  expect(refused.stderr).toContain("The model computes in float32, and the platform in int8");
});

test.each([
  ["a missing file", "none.onnx", "Cannot read the ONNX file"],
  ["a network.json", "small.json", "expected an ONNX model"],
])("%s is refused", async (_, name, message) => {
  const { code, stderr } = await cli(["estimate", join(folder, name), "--db", db]);

  expect(code).toBe(exitCodes.usage);
  expect(stderr).toContain(message);
});

test.skipIf(process.platform === "win32")("a named pipe is refused, not waited for", async () => {
  const pipe = join(folder, "pipe.onnx");
  execFileSync("mkfifo", [pipe]);

  const { code, stderr } = await cli(["estimate", pipe, "--db", db]);

  expect(code).toBe(exitCodes.usage);
  expect(stderr).toContain("is no file");
});
