import type { OpenAPIHono } from "@hono/zod-openapi";
import { streamSSE } from "hono/streaming";
import { runningSessions } from "./running.ts";
import type { TableReader } from "./table-reader.ts";

interface LiveOptions {
  readonly reader: TableReader;
  readonly livePeriod_ms?: number;
  /** Wall clock, ms since 1970. */
  readonly now_ms: () => number;
}

const defaultPeriod_ms = 1000;

/** Server-sent events: what is being measured, whenever the table changed. The page works without them. */
export function addLive(
  app: OpenAPIHono,
  { reader, now_ms, livePeriod_ms = defaultPeriod_ms }: LiveOptions,
): void {
  app.get("/live", (c) =>
    streamSSE(c, async (stream) => {
      let seen = "";
      while (!stream.aborted) {
        const revision = reader.revision();
        if (revision !== seen) {
          seen = revision;
          await stream.writeSSE({
            event: "running",
            id: revision,
            data: JSON.stringify(runningSessions(reader, now_ms())),
          });
        }
        await stream.sleep(livePeriod_ms);
      }
    }),
  );
  app.get("/live.js", (c) => c.body(script, 200, { "content-type": "text/javascript" }));
}

/** Puts numbers that arrive into the places that carry their names; another set of sessions is another page. */
const script = `const events = new EventSource("/live");
events.addEventListener("running", ({ data }) => {
  const rows = JSON.parse(data);
  const place = document.getElementById("running");
  if (place.dataset.sessions !== rows.map(({ id }) => id).join(" ")) return location.reload();
  for (const { id, planned, measured, loads, drifted } of rows) {
    const row = place.querySelector('[data-session="' + id + '"]');
    row.querySelector("progress").value = measured;
    row.querySelector("progress").max = planned;
    for (const [name, value] of Object.entries({ planned, measured, loads, drifted }))
      row.querySelector('[data-count="' + name + '"]').textContent = value;
  }
});
`;
