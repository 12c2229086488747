import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openTable } from "../../energy-db/index.ts";
import { exitCodes } from "../../src/errors.ts";
import type { Kernel } from "../../src/network/kernel.ts";
import {
  identity,
  latencyOf,
  measuredNetwork,
  sessionSettings,
} from "../energy-db/example-rows.ts";
import { cli } from "../support/cli.ts";
import { drawnChains, packedPlatform, trueLatency } from "../support/packed-platform.ts";

const folder = mkdtempSync(join(tmpdir(), "wattsplit-pair-"));

/** A table of thirty networks of a platform that takes `factor` times as long. */
function tableOf(name: string, factor: number, threads = 1): string {
  const path = join(folder, name);
  const table = openTable(path, { mode: "write", create: true });
  const { call_s, kernel_s } = packedPlatform;
  const { id } = table.ensurePlatform({ ...identity, threads }, {});
  const session = table.startSession(id, { ...sessionSettings, startedAt: name });
  for (const network of drawnChains(30, 1)) {
    const paper = {
      call_s: factor * call_s,
      kernel_s: (kernel: Kernel) => factor * kernel_s(kernel),
    };
    table.addNetworkMeasurement(
      id,
      session,
      measuredNetwork(network, paper.kernel_s, { latency: latencyOf(trueLatency(network, paper)) }),
    );
  }
  table.close();
  return path;
}
const monday = tableOf("monday.db", 1);
const friday = tableOf("friday.db", 1.5);
const threads = tableOf("threads.db", 1, 2);

test("tables are merged once, however often it is asked for", async () => {
  const into = join(folder, "all.db");
  const merged = async () => {
    const { stdout } = await cli(["table", "merge", into, monday, friday, "--json"]);
    const { merged: files } = JSON.parse(stdout) as {
      merged: { rows: { table: string; added: number }[] }[];
    };
    return files.map(({ rows }) => rows.find(({ table }) => table === "sessions")?.added);
  };

  expect(await merged()).toEqual([1, 1]);
  expect(await merged()).toEqual([0, 0]);
  expect((await cli(["table", "merge", into, monday])).stdout).toContain("nothing new");
  expect((await cli(["table", "merge", into, into])).stderr).toContain("is the table itself");
});

test("a table that is missing is named, and none begun", async () => {
  const into = join(folder, "none.db");
  const { code, stderr } = await cli(["table", "merge", into, join(folder, "missing.db")]);

  expect(code).toBe(exitCodes.usage);
  expect(stderr).toContain("missing.db");
  expect(existsSync(into)).toBe(false);
});

test("what became slower is named with its interval", async () => {
  const { stdout } = await cli(["table", "diff", monday, friday]);
  expect(stdout).toMatch(/kernel +conv2d relu, 8x8, \d+ -> \d+ channels/);

  const same = await cli(["table", "diff", monday, monday]);
  expect(same.stdout).toMatch(/^0 of \d+ costs changed by more than chance/);
});

test("platforms that are not comparable are refused with the reason", async () => {
  const refused = await cli(["table", "diff", monday, threads]);
  expect(refused.code).toBe(exitCodes.usage);
  expect(refused.stderr).toContain("threads 1 and 2");

  const asked = await cli(["table", "diff", monday, threads, "--across", "threads"]);
  expect(asked.stdout).toMatch(/^0 of \d+ costs/);
});

test("a table is published with its page, and never over another file", async () => {
  const csv = join(folder, "devices.csv");
  writeFileSync(csv, "index,arch,<pixel>_ms\n0,,12.51\n1,,-1\n");
  await cli(["table", "import", csv, "--licence", "MIT", "--db", friday]);
  const path = join(folder, "friday-2.db");

  const { stdout } = await cli(["table", "publish", "--db", friday, "-o", path]);
  const page = readFileSync(join(folder, "friday-2.html"), "utf8");

  expect(stdout).toMatch(/friday-2\.db: \d+ bytes, SHA-256 [0-9a-f]{64}\n.*friday-2\.html/);
  expect(page).toContain("Example CPU");
  expect(page).toContain("&lt;pixel&gt;");
  expect(page).toContain("MIT");
  const again = await cli(["table", "publish", "--db", friday, "-o", path]);
  expect(again.code).toBe(exitCodes.usage);
});

test("measured costs go out in other tools' formats, and say what is lost", async () => {
  const out = join(folder, "kernels.json");
  const { stderr } = await cli([
    ...["table", "export", "--format", "nn-meter", "--device", "local", "--db", monday],
    ...["-o", out],
  ]);
  const kernels = JSON.parse(readFileSync(out, "utf8")) as object;

  expect(Object.keys(kernels)).toEqual(["conv-bn-relu"]);
  expect(stderr).toContain("Lost: samples of");
});

test("a platform that nothing was measured on is named, and stops no check", async () => {
  const path = join(folder, "begun.db");
  const table = openTable(path, { mode: "write", create: true });
  table.ensurePlatform(identity, {});
  table.close();

  const { code, stdout } = await cli(["table", "check", "--db", path]);

  expect(code).toBe(exitCodes.done);
  expect(stdout).toMatch(/local +1 +measured rows +warning +no network was measured/);
});
