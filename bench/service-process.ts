import { monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { listen } from "../src/app/service/server.ts";
import { TableReader } from "../src/app/service/table-reader.ts";

/** What the process tells of itself whenever it is asked. */
export interface ServiceState {
  readonly url: string;
  readonly rss_bytes: number;
  /** CPU time of the process so far, s. */
  readonly cpu_s: number;
  /** Since it was asked last, s. */
  readonly longestCollection_s: number;
  readonly longestDelay_s: number;
}

/** The service under load in a process of its own, or without a table a server of the same kind that answers a constant. */
const [path] = process.argv.slice(2);
const url = await (path === undefined ? listenConstant() : listenTable(path));

async function listenTable(table: string): Promise<string> {
  const reader = new TableReader(table, { started: "bench", now_ms: Date.now });
  const options = { port: 0, host: "127.0.0.1", toolVersion: "0", now_ms: Date.now };
  return (await listen({ reader, ...options })).url;
}

/** As long as a cost with its headers. */
function listenConstant(): Promise<string> {
  const answer = JSON.stringify({ schema: 1, padding: "x".repeat(800) });
  const app = new Hono();
  app.get("*", (c) => c.body(answer, 200, { "content-type": "application/json" }));
  return new Promise((resolve) => {
    serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) =>
      resolve(`http://127.0.0.1:${port}`),
    );
  });
}

let longestCollection_ms = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries())
    longestCollection_ms = Math.max(longestCollection_ms, duration);
}).observe({ entryTypes: ["gc"] });
const delays = monitorEventLoopDelay({ resolution: 1 });
delays.enable();

function state(): ServiceState {
  const { user, system } = process.cpuUsage();
  const found = {
    url,
    rss_bytes: process.memoryUsage.rss(),
    cpu_s: (user + system) / 1e6,
    longestCollection_s: longestCollection_ms / 1e3,
    longestDelay_s: delays.max / 1e9,
  };
  longestCollection_ms = 0;
  delays.reset();
  return found;
}

process.on("message", () => process.send?.(state()));
process.send?.(state());
