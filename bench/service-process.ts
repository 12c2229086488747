import { listen } from "../src/app/service/server.ts";
import { TableReader } from "../src/app/service/table-reader.ts";

/** The service under load, in a process of its own; answers every message with its resident bytes. */
const reader = new TableReader(process.argv[2] ?? "", { started: "bench", now_ms: Date.now });
const service = await listen({
  reader,
  port: 0,
  host: "127.0.0.1",
  toolVersion: "0",
  now_ms: Date.now,
});
process.on("message", () => process.send?.(process.memoryUsage.rss()));
process.send?.(service.url);
