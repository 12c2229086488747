import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { search } from "../../../search/index.ts";
import { serviceApp } from "../../../src/app/service/app.ts";
import { TableReader } from "../../../src/app/service/table-reader.ts";
import { createEngine } from "../../../src/tensor/index.ts";
import { temporaryFolder } from "../../energy-db/temporary.ts";
import { smallSearch } from "../../search/small-search.ts";
import { writeFormulaTable } from "../../support/formula-table.ts";

const folder = temporaryFolder();
const searches = [join(folder, "interrupted"), join(folder, "not begun")];
let reader: TableReader;
let app: ReturnType<typeof serviceApp>;
beforeAll(async () => {
  const options = { started: "t0", now_ms: Date.now, freshness_ms: 0 };
  reader = new TableReader(writeFormulaTable(folder), options);
  app = serviceApp({ reader, toolVersion: "0", now_ms: Date.now, searches, livePeriod_ms: 5 });
  mkdirSync(join(folder, "interrupted"));
  const engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
  const stop = new AbortController();
  const onProgress = ({ epochsDone }: { readonly epochsDone: number }) => {
    if (epochsDone > 1.5) stop.abort();
  };
  const asked = { folder: join(folder, "interrupted"), signal: stop.signal, onProgress };
  await search(await smallSearch(engine, asked)).catch(() => undefined);
  await engine.close();
});
afterAll(() => reader.close());

const text = async (path: string) => await (await app.request(path)).text();

test("a search under way shows where it last saved its state, and one that has not begun nothing", async () => {
  const { searching, searches } = JSON.parse(await text("/index.json"));

  expect(searching).toHaveLength(1);
  expect(searching[0]).toMatchObject({
    name: "interrupted",
    title: expect.stringMatching(/^two-convolutions on .* by splitting$/),
    label: expect.stringContaining("round"),
  });
  expect(searching[0].epochsDone).toBeGreaterThanOrEqual(1);
  expect(searching[0].epochsExpected).toBeGreaterThan(searching[0].epochsDone);
  expect(searches).toEqual([]);
  expect(await text("/")).toContain('data-row="interrupted"');
});

test("news of searches arrive as events", async () => {
  const live = await app.request("/live");
  const body = live.body?.getReader();
  let events = "";
  while (!events.includes("event: searching"))
    events += new TextDecoder().decode((await body?.read())?.value);
  await body?.cancel();

  expect(events).toMatch(/event: searching\ndata: \[\{"name":"interrupted"/);
});

test("a search that delivered nothing has no page and no document, and says what it lacks", async () => {
  const page = await app.request("/searches/interrupted");
  const document = await app.request("/searches/interrupted.json");

  expect(page.status).toBe(400);
  expect(page.headers.get("content-type")).toContain("text/html");
  expect(document.status).toBe(400);
  expect(JSON.parse(await document.text()).error.message).toContain("history.json");
  expect((await app.request("/searches/other")).status).toBe(404);
});
