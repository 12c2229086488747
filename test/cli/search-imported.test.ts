import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { exitCodes } from "../../src/errors.ts";
import { formatNetwork } from "../../src/network/network-file.ts";
import { cli } from "../support/cli.ts";
import { smallNetwork, writeFormulaTable } from "../support/formula-table.ts";

const folder = mkdtempSync(join(tmpdir(), "wattsplit-search-imported-"));
const file = (name: string) => join(folder, name);
const device = ["--db", file("energy.db"), "--device", "published"];
const net = (name: string, ...widths: readonly [number, number]) => {
  writeFileSync(file(name), formatNetwork(smallNetwork(...widths)));
  return file(name);
};
const small = net("small.json", 2, 4);

beforeAll(async () => {
  const db = writeFormulaTable(folder);
  await cli(["table", "export", "--db", db, "-o", file("own.json")]);
  const published = readFileSync(file("own.json"), "utf8");
  writeFileSync(
    file("own.json"),
    published.replaceAll('"device": "local"', '"device": "published"'),
  );
  await cli(["table", "import", file("own.json"), "--db", db]);
});

const costOf = async (network: string) =>
  JSON.parse((await cli(["query", "network", network, ...device, "--json"])).stdout);

test("a search by another tool's table keeps within what that table says", async () => {
  const limit_s = (await costOf(net("large.json", 8, 12))).latency_s;
  const recipe = ["--recipe", "trial", "--train-threads", "1", "--backend", "onnx-cpu"];
  const { code, stdout, stderr } = await cli([
    ...["search", "--net", small, "--data", "synthetic", ...device, ...recipe],
    ...["--latency-ms", `${1e3 * limit_s}`, "--out", file("found"), "--json"],
  ]);

  expect(code, stderr).toBe(exitCodes.done);
  const { predicted } = JSON.parse(stdout);
  expect(predicted.latency_s).toBeLessThanOrEqual(limit_s);
  expect(predicted.latency_s).toBeGreaterThan((await costOf(small)).latency_s);
  expect(await costOf(file("found/network.json"))).toMatchObject({
    latency_s: predicted.latency_s,
  });
  expect(JSON.parse(readFileSync(file("found/run.json"), "utf8"))).toMatchObject({ imported: 1 });
  const { stdout: page } = await cli(["report", file("found"), "-o", "-"]);
  expect(page).toContain("published");

  const verified = await cli(["verify", file("found"), ...device]);
  expect(verified.code).toBe(exitCodes.usage);
  expect(verified.stderr).toContain('No device "published"');
});

test("finalists of an imported table cannot be measured, which is said before any training", async () => {
  const { code, stderr } = await cli([
    ...["search", "--net", small, "--data", "synthetic", ...device],
    ...["--latency-ms", "1", "--confirm", "--out", file("confirmed")],
  ]);

  expect(code).toBe(exitCodes.usage);
  expect(stderr).toContain("Nothing was measured on published");
  expect(stderr).not.toContain("round 0");
});

test("an imported table that lacks a kernel of the starting network says which before any training", async () => {
  const { code, stderr } = await cli([
    ...["search", "--net", net("wide.json", 2, 64), "--data", "synthetic", ...device],
    ...["--latency-ms", "1", "--out", file("none")],
  ]);

  expect(code).toBe(exitCodes.failure);
  expect(stderr).toContain("No cost on published for conv2d 3x3 stride 2 swish, 4x4, 2 -> 64");
  expect(stderr).not.toContain("round 0");
});
