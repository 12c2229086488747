import { type ChildProcess, fork, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type EnergyTable, openTable } from "../energy-db/index.ts";

const goals = { requestsPerSecond: 2000, p99_s: 0.02 };
/** Connections of the load generator, and the time between two commits of the writer. */
const load = { connections: 4, write_ms: 200 };

/**
 * `npm run bench -- service TABLE [SECONDS]`: cost queries per second over HTTP, and their 99th percentile, while another
 * connection commits rows; the memory of the service before and after. The table is copied first. `wrk` makes the
 * load where it is installed: it takes the least of the second core.
 */
export async function run([table, seconds = "30"]: readonly string[]): Promise<void> {
  if (!table) throw new Error("Give a table: npm run bench -- service energy.db 30");
  const folder = mkdtempSync(join(tmpdir(), "service-"));
  const path = join(folder, "energy.db");
  cpSync(table, path);
  const writer = openTable(path, { mode: "write" });
  const service = fork(fileURLToPath(new URL("service-process.ts", import.meta.url)), [path]);
  try {
    const url = await nextMessage<string>(service);
    const address = `${url}/api/cost?${await question(url)}`;
    await wrk(address, 2);
    const before = await memory(service);
    const writing = setInterval(() => commit(writer), load.write_ms);
    const output = await wrk(address, Number(seconds));
    clearInterval(writing);
    report(output, before, await memory(service));
  } finally {
    service.kill();
    writer.close();
    rmSync(folder, { recursive: true });
  }
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

/** A kernel that the table knows, as a query. */
async function question(url: string): Promise<string> {
  const response = await fetch(`${url}/api/kernels?op=conv2d&limit=1&sort=-observations`);
  const { rows } = JSON.parse(await response.text());
  const { op, kernelSize, stride, inHeight, inWidth, inChannels, outChannels, variant } = rows[0];
  return `op=${op}&kernel=${kernelSize}&stride=${stride}&in=${inHeight}x${inWidth}x${inChannels}&out=${outChannels}&variant=${variant}`;
}

/** As a profile does: a plan of its own, and a new revision for everybody who reads. */
function commit(writer: EnergyTable): void {
  const [platform] = writer.platforms();
  if (platform) writer.putPlan(platform.id, "bench", { at: performance.now() });
}

function wrk(url: string, seconds: number): Promise<string> {
  const flags = ["-t1", `-c${load.connections}`, `-d${seconds}s`, "--latency", url];
  const child = spawn("wrk", flags, { stdio: ["ignore", "pipe", "inherit"] });
  const parts: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (part: string) => parts.push(part));
  return new Promise((resolve, reject) => {
    child.once("error", () => reject(new Error("This bench needs wrk: apt-get install wrk")));
    child.once("close", () => resolve(parts.join("")));
  });
}

function report(output: string, before_bytes: number, after_bytes: number): void {
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]);
  const [, value, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(output) ?? [];
  const p99_s = Number(value) * (unit === "us" ? 1e-6 : unit === "ms" ? 1e-3 : 1);
  const failed = /Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? "0";
  const verdict = rate >= goals.requestsPerSecond && p99_s < goals.p99_s ? "met" : "missed";
  const mebibytes = (bytes: number) => (bytes / 1024 ** 2).toFixed(0);
  console.log(
    `${rate.toFixed(0)} requests/s, p99 ${(1e3 * p99_s).toFixed(1)} ms, ${failed} errors ` +
      `(goal ${goals.requestsPerSecond}/s, ${1e3 * goals.p99_s} ms: ${verdict}); ` +
      `memory ${mebibytes(before_bytes)} MiB before, ${mebibytes(after_bytes)} MiB after`,
  );
}
