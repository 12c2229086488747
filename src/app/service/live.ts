import type { OpenAPIHono } from "@hono/zod-openapi";
import { streamSSE } from "hono/streaming";
import { runningSessions } from "./running.ts";
import type { SearchFolders } from "./searches.ts";
import type { TableReader } from "./table-reader.ts";

interface LiveOptions {
  readonly reader: TableReader;
  readonly searches: SearchFolders;
  readonly livePeriod_ms?: number;
  /** Wall clock, ms since 1970. */
  readonly now_ms: () => number;
}

const defaultPeriod_ms = 1000;

/** Server-sent events: what is measured and searched now, whenever it changed. The page works without them. */
export function addLive(
  app: OpenAPIHono,
  { reader, searches, now_ms, livePeriod_ms = defaultPeriod_ms }: LiveOptions,
): void {
  const news = {
    running: () => runningSessions(reader.table, now_ms()),
    searching: () => searches.running(),
  };
  app.get("/live", (c) =>
    streamSSE(c, async (stream) => {
      const said = new Map<string, string>();
      while (!stream.aborted) {
        for (const [event, rows] of Object.entries(news)) {
          const data = JSON.stringify(rows());
          if (said.get(event) === data) continue;
          said.set(event, data);
          await stream.writeSSE({ event, data });
        }
        await stream.sleep(livePeriod_ms);
      }
    }),
  );
  app.get("/live.js", (c) => c.body(script, 200, { "content-type": "text/javascript" }));
}

/** Puts numbers that arrive into the places that carry their names; another set of rows is another page. */
const script = `const events = new EventSource("/live");
const show = (section, key, done, all) => ({ data }) => {
  const rows = JSON.parse(data);
  const place = document.getElementById(section);
  if (place.dataset.rows !== rows.map((row) => row[key]).join(" ")) return location.reload();
  for (const row of rows) {
    const shown = place.querySelector('[data-row="' + CSS.escape(row[key]) + '"]');
    shown.querySelector("progress").value = row[done];
    shown.querySelector("progress").max = row[all];
    for (const count of shown.querySelectorAll("[data-count]"))
      count.textContent = row[count.dataset.count];
  }
};
events.addEventListener("running", show("running", "id", "measured", "planned"));
events.addEventListener("searching", show("searching", "name", "epochsDone", "epochsExpected"));
`;
