import { type ChildProcess, fork, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type EnergyTable, openTable } from "../energy-db/index.ts";
import { median } from "../src/statistics.ts";
import { formatSeconds } from "../src/units.ts";
import type { ServiceState } from "./service-process.ts";

const goals = { requestsPerSecond: 2000, p99_s: 0.02 };
/** Of the load generator: how many connections ask, and how long each rests between an answer and its next question. */
interface Pace {
  readonly connections: number;
  readonly rest_ms: number;
}

const paces: Readonly<Record<string, Pace>> = {
  most: { connections: 4, rest_ms: 0 },
  // At most 2,667 a second.
  steady: { connections: 8, rest_ms: 3 },
};
const control_s = 15;

/**
 * `npm run bench -- service TABLE [SECONDS] [most | steady]`: cost queries per second over HTTP, and their 99th percentile, while
 * a profile of this machine writes into the same table; the memory of the service meanwhile. The table is copied first; every
 * kernel it measured is asked for in turn. `wrk` makes the load, as much as goes or somewhat above the goal: it takes the least
 * of the second core, the profile the rest. The control is a server of the same kind that answers a constant, under the same
 * load before and after: what it misses, three processes on two cores miss.
 */
export async function run([
  table,
  seconds = "30",
  pace = "most",
]: readonly string[]): Promise<void> {
  const load = paces[pace];
  if (!table || !load) throw new Error("Give a table: npm run bench -- service energy.db 30 most");
  const folder = mkdtempSync(join(tmpdir(), "service-"));
  const path = join(folder, "energy.db");
  cpSync(table, path);
  const [service, control] = await Promise.all([start([path]), start([])]);
  const profile = startProfile(path);
  const reader = openTable(path, { mode: "read" });
  try {
    const script = join(folder, "questions.lua");
    writeFileSync(script, askInTurn(await questions(service.url), load));
    const answering = (server: Server, for_s: number) => underLoad(server, load, script, for_s);
    await answering(service, 2);
    await answering(control, 2);
    const before = rowsOf(reader);
    // What it plans first takes a while.
    while (rowsOf(reader) === before) await setTimeout(200);
    const first = rowsOf(reader);
    report("a constant, before", await answering(control, control_s));
    report("the service", await answering(service, Number(seconds)));
    report("a constant, after", await answering(control, control_s));
    console.log(`${rowsOf(reader) - first} loads of networks were written meanwhile`);
  } finally {
    profile.kill();
    for (const { process } of [service, control]) process.kill();
    reader.close();
    await setTimeout(500);
    rmSync(folder, { recursive: true });
  }
}

interface Server {
  readonly process: ChildProcess;
  readonly url: string;
}

async function start(flags: readonly string[]): Promise<Server> {
  const process = fork(fileURLToPath(new URL("service-process.ts", import.meta.url)), flags);
  const { url } = await nextMessage<ServiceState>(process);
  return { process, url };
}

/** What wrk says of a server, and what the server said of itself every second meanwhile. */
interface Loaded {
  readonly output: string;
  readonly states: readonly ServiceState[];
}

async function underLoad(
  server: Server,
  { connections }: Pace,
  script: string,
  seconds: number,
): Promise<Loaded> {
  const states = [await stateOf(server)];
  const watching = setInterval(async () => states.push(await stateOf(server)), 1000);
  const flags = ["-t1", `-c${connections}`, `-d${seconds}s`, "--latency", "-s", script, server.url];
  const output = await wrk(flags);
  clearInterval(watching);
  return { output, states };
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

function stateOf({ process }: Server): Promise<ServiceState> {
  const answer = new Promise<ServiceState>((resolve) => {
    process.once("message", (message) => resolve(message as ServiceState));
  });
  process.send("state");
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

const askInTurn = (paths: readonly string[], { rest_ms }: Pace): string => `
local paths = { ${paths.map((path) => JSON.stringify(path)).join(", ")} }
local at = 0
request = function()
  at = at % #paths + 1
  return wrk.format("GET", paths[at])
end
${rest_ms > 0 ? `delay = function() return ${rest_ms} end` : ""}`;

function wrk(flags: readonly string[]): Promise<string> {
  const child = spawn("wrk", flags, { stdio: ["ignore", "pipe", "inherit"] });
  const parts: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (part: string) => parts.push(part));
  return new Promise((resolve, reject) => {
    child.once("error", () => reject(new Error("This bench needs wrk: apt-get install wrk")));
    child.once("close", () => resolve(parts.join("")));
  });
}

function report(name: string, { output, states: [first, ...states] }: Loaded): void {
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]);
  const requests = Number(/(\d+) requests in/.exec(output)?.[1]);
  const p99_s = percentile(output, 99);
  const refused = /Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? "0";
  const broken = /Socket errors: .*/.exec(output)?.[0] ?? "no socket errors";
  const verdict = rate >= goals.requestsPerSecond && p99_s < goals.p99_s ? "met" : "missed";
  const mebibytes = (part: readonly ServiceState[]) =>
    (median(part.map(({ rss_bytes }) => rss_bytes)) / 1024 ** 2).toFixed(0);
  const third = Math.ceil(states.length / 3);
  const cpu_s = (states.at(-1)?.cpu_s ?? 0) - (first?.cpu_s ?? 0);
  const longest = (of: "longestCollection_s" | "longestDelay_s") =>
    formatSeconds(Math.max(...states.map((state) => state[of])));
  console.log(
    `${name}: ${rate.toFixed(0)} requests/s, median ${formatSeconds(percentile(output, 50))}, p99 ${formatSeconds(p99_s)}, ` +
      `${refused} refused, ${broken} (goal ${goals.requestsPerSecond}/s, ${formatSeconds(goals.p99_s)}: ${verdict}); ` +
      `memory, median of each third: ${[0, 1, 2].map((i) => mebibytes(states.slice(i * third, (i + 1) * third))).join(", ")} MiB; ` +
      `CPU ${formatSeconds(cpu_s / requests)} a request; longest collection of garbage ${longest("longestCollection_s")}, ` +
      `longest wait of the event loop ${longest("longestDelay_s")}`,
  );
}

/** Of wrk's latencies, s. */
function percentile(output: string, rank: number): number {
  const [, value, unit] = new RegExp(`${rank}%\\s+([\\d.]+)(us|ms|s)`).exec(output) ?? [];
  return Number(value) * (unit === "us" ? 1e-6 : unit === "ms" ? 1e-3 : 1);
}
