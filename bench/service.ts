import { type ChildProcess, fork, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type EnergyTable, openTable } from "../energy-db/index.ts";
import { median } from "../src/statistics.ts";

const goals = { requestsPerSecond: 2000, p99_s: 0.02 };
/** Connections of the load generator. */
const connections = 4;

/**
 * `npm run bench -- service TABLE [SECONDS]`: cost queries per second over HTTP, and their 99th percentile, while a profile of
 * this machine writes into the same table; the memory of the service at the beginning and at the end. The table is copied
 * first; every kernel it measured is asked for in turn. `wrk` makes the load: it takes the least of the second core, the
 * profile the rest.
 */
export async function run([table, seconds = "30"]: readonly string[]): Promise<void> {
  if (!table) throw new Error("Give a table: npm run bench -- service energy.db 30");
  const folder = mkdtempSync(join(tmpdir(), "service-"));
  const path = join(folder, "energy.db");
  cpSync(table, path);
  const service = fork(fileURLToPath(new URL("service-process.ts", import.meta.url)), [path]);
  const profile = startProfile(path);
  const reader = openTable(path, { mode: "read" });
  try {
    const url = await nextMessage<string>(service);
    const script = join(folder, "questions.lua");
    writeFileSync(script, askInTurn(await questions(url)));
    await wrk(url, script, 2);
    const before = rowsOf(reader);
    // What it plans first takes a while.
    while (rowsOf(reader) === before) await setTimeout(200);
    const bytes: number[] = [];
    const watching = setInterval(async () => bytes.push(await memory(service)), 1000);
    const start = rowsOf(reader);
    const output = await wrk(url, script, Number(seconds));
    clearInterval(watching);
    report(output, bytes);
    console.log(`${rowsOf(reader) - start} loads of networks were written meanwhile`);
  } finally {
    profile.kill();
    service.kill();
    reader.close();
    await setTimeout(500);
    rmSync(folder, { recursive: true });
  }
}

const rowsOf = (table: EnergyTable): number =>
  table.platforms().reduce((sum, { networkMeasurements }) => sum + networkMeasurements, 0);

function startProfile(path: string): ChildProcess {
  const program = fileURLToPath(new URL("../src/app/cli/main.ts", import.meta.url));
  const flags = ["--device", "local", "--net", "mnist-cnn", "--db", path];
  return spawn(process.execPath, ["--import", "tsx", program, "profile", ...flags], {
    stdio: ["ignore", "ignore", "ignore"],
  });
}

const nextMessage = <T>(service: ChildProcess): Promise<T> =>
  new Promise((resolve, reject) => {
    service.once("message", (message) => resolve(message as T));
    service.once("error", reject);
  });

function memory(service: ChildProcess): Promise<number> {
  const answer = nextMessage<number>(service);
  service.send("memory");
  return answer;
}

/** Addresses of the costs of kernels that the first platform knows. */
async function questions(url: string): Promise<readonly string[]> {
  const { rows: platforms } = JSON.parse(await (await fetch(`${url}/api/platforms`)).text());
  const { id } = platforms[0];
  const response = await fetch(`${url}/api/kernels?platform=${id}&limit=1000`);
  const { rows } = JSON.parse(await response.text());
  return rows.map((row: Readonly<Record<string, string | number>>) => {
    const { op, kernelSize, stride, inHeight, inWidth, inChannels, outChannels, variant } = row;
    return `/api/cost?platform=${id}&op=${op}&kernel=${kernelSize}&stride=${stride}&in=${inHeight}x${inWidth}x${inChannels}&out=${outChannels}&variant=${variant}`;
  });
}

const askInTurn = (paths: readonly string[]): string => `
local paths = { ${paths.map((path) => JSON.stringify(path)).join(", ")} }
local at = 0
request = function()
  at = at % #paths + 1
  return wrk.format("GET", paths[at])
end`;

function wrk(url: string, script: string, seconds: number): Promise<string> {
  const flags = ["-t1", `-c${connections}`, `-d${seconds}s`, "--latency", "-s", script, url];
  const child = spawn("wrk", flags, { stdio: ["ignore", "pipe", "inherit"] });
  const parts: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (part: string) => parts.push(part));
  return new Promise((resolve, reject) => {
    child.once("error", () => reject(new Error("This bench needs wrk: apt-get install wrk")));
    child.once("close", () => resolve(parts.join("")));
  });
}

function report(output: string, bytes: readonly number[]): void {
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]);
  const [, value, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(output) ?? [];
  const p99_s = Number(value) * (unit === "us" ? 1e-6 : unit === "ms" ? 1e-3 : 1);
  const refused = /Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? "0";
  const broken = /Socket errors: .*/.exec(output)?.[0] ?? "no socket errors";
  const verdict = rate >= goals.requestsPerSecond && p99_s < goals.p99_s ? "met" : "missed";
  const mebibytes = (part: readonly number[]) => (median(part) / 1024 ** 2).toFixed(0);
  const third = Math.ceil(bytes.length / 3);
  console.log(
    `${rate.toFixed(0)} requests/s, p99 ${(1e3 * p99_s).toFixed(1)} ms, ${refused} refused, ${broken} ` +
      `(goal ${goals.requestsPerSecond}/s, ${1e3 * goals.p99_s} ms: ${verdict}); memory, median of each third: ` +
      `${[0, 1, 2].map((i) => mebibytes(bytes.slice(i * third, (i + 1) * third))).join(", ")} MiB`,
  );
}
