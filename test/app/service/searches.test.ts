import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { search } from "../../../search/index.ts";
import { serviceApp } from "../../../src/app/service/app.ts";
import { TableReader } from "../../../src/app/service/table-reader.ts";
import {
  type TextSearchDocument,
  writeTextSearch,
} from "../../../src/app/workflows/text-search-folder.ts";
import { createEngine } from "../../../src/tensor/index.ts";
import { temporaryFolder } from "../../energy-db/temporary.ts";
import { smallSearch } from "../../search/small-search.ts";
import { writeFormulaTable } from "../../support/formula-table.ts";

const folder = temporaryFolder();
const searches = ["interrupted", "not begun", "cell"].map((name) => join(folder, name));
const cell: TextSearchDocument = {
  format: "wattsplit-cell-search",
  version: 2,
  method: "autoshrink",
  data: "words.txt",
  seed: 0,
  recipe: "trial",
  epochs: { search: 1, final: 1 },
  parametersLimit: 1000,
  steps: [{ tried: [{ edges: ["0->1"], perplexity: 12, score: 40 }], kept: 0 }],
  found: {
    ...{ nodes: 2, edges: ["0->1"], activations: ["tanh"], hiddenSize: 4, words: 20 },
    ...{ parameters: 144, score: 40 },
  },
  curve: [{ epoch: 0, trainingPerplexity: 15, validationPerplexity: 12 }],
  heldOutPerplexity: 12,
  testPerplexity: 13.5,
};
let reader: TableReader;
let app: ReturnType<typeof serviceApp>;
beforeAll(async () => {
  const options = { started: "t0", now_ms: Date.now, freshness_ms: 0 };
  reader = new TableReader(writeFormulaTable(folder), options);
  app = serviceApp({ reader, toolVersion: "0", now_ms: Date.now, searches, livePeriod_ms: 5 });
  for (const name of ["interrupted", "cell"]) mkdirSync(join(folder, name));
  const run = { command: "wattsplit search", toolVersion: "0", generatedAt: "2026-01-01" };
  writeTextSearch(join(folder, "cell"), run, cell);
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
  expect(searches.map(({ name }: { name: string }) => name)).toEqual(["cell"]);
  expect(await text("/")).toContain('data-row="interrupted"');
});

test("a recurrent cell has a page and a document, and is not compared with networks", async () => {
  expect(await text("/searches/cell")).toContain("Test perplexity");
  expect(JSON.parse(await text("/searches/cell.json")).text.testPerplexity).toBe(13.5);
  expect(JSON.parse(await text("/searches.json")).searches).toEqual([]);
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
