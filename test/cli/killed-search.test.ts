import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { formatNetwork } from "../../src/network/network-file.ts";
import { smallNetwork, writeFormulaTable } from "../support/formula-table.ts";
import { wattsplitCommand } from "../support/wattsplit-command.ts";

const folder = mkdtempSync(join(tmpdir(), "wattsplit-killed-search-"));
const db = writeFormulaTable(folder);
const net = join(folder, "small.json");
writeFileSync(net, formatNetwork(smallNetwork(2, 4)));

/** Runs the search as its own process; `killAt` ends it with SIGKILL when its notes first match. */
function runSearch(
  out: string,
  { resume = false, killAt = /(?!)/, workers = 0 } = {},
): Promise<number | null> {
  const flags = ["--net", net, "--data", "synthetic", "--db", db, "--macs", "1500"];
  const [node, main] = wattsplitCommand;
  const child = spawn(node, [
    ...[main, "search", ...flags],
    ...["--recipe", "quick", "--train-threads", "1", "--backend", "onnx-cpu", "--out", out],
    ...(resume ? ["--resume"] : []),
    ...(workers > 0 ? ["--workers", `${workers}`] : []),
  ]);
  let notes = "";
  child.stderr.on("data", (text: Buffer) => {
    notes += text.toString();
    if (killAt.test(notes)) child.kill("SIGKILL");
  });
  // Workers share its standard error: it closes when they have ended too.
  return new Promise((resolve) => child.on("close", resolve));
}

const history = (out: string) => readFileSync(join(out, "history.json"), "utf8");

test("a search killed with -9 twice and resumed, at last by workers, writes the history of one that was not", async () => {
  const [whole, killed] = [join(folder, "whole"), join(folder, "killed")];
  expect(await runSearch(whole)).toBe(0);

  expect(await runSearch(killed, { killAt: /round 0 \(seed\).*: widths/ })).toBe(null);
  const workers = { resume: true, workers: 2 };
  expect(await runSearch(killed, { ...workers, killAt: /\(trials\).*: widths/ })).toBe(null);
  expect(await runSearch(killed, workers)).toBe(0);

  expect(history(killed)).toBe(history(whole));
});
