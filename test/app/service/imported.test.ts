import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTable } from "../../../energy-db/index.ts";
import { serviceApp } from "../../../src/app/service/app.ts";
import { TableReader } from "../../../src/app/service/table-reader.ts";
import { formatNetwork } from "../../../src/network/network-file.ts";
import { identity } from "../../energy-db/example-rows.ts";
import { temporaryFolder } from "../../energy-db/temporary.ts";
import { cli } from "../../support/cli.ts";
import { smallNetwork, writeFormulaTable } from "../../support/formula-table.ts";
import { steppedTable } from "../../support/stepped-table.ts";

let db: string;
let reader: TableReader;
let app: ReturnType<typeof serviceApp>;
const bugs: Error[] = [];
beforeAll(async () => {
  const folder = temporaryFolder();
  db = writeFormulaTable(folder);
  const [stepped, own] = [join(folder, "stepped.json"), join(folder, "own.json")];
  const [first = { rows: [] }] = steppedTable.tables;
  const [row] = first.rows;
  // One row whose cost nobody can pay, so that a check has something to find.
  const odd = { ...row, key: "odd", outChannels: 200, latency_s: 1e-3, samples: 2 };
  const tables = [{ ...first, rows: [...first.rows, odd] }];
  writeFileSync(stepped, JSON.stringify({ ...steppedTable, tables }));
  await cli(["table", "export", "--db", db, "-o", own]);
  writeFileSync(own, readFileSync(own, "utf8").replaceAll('"device": "local"', '"device": "copy"'));
  for (const file of [stepped, own]) await cli(["table", "import", file, "--db", db]);
  const table = openTable(db, { mode: "write" });
  table.ensurePlatform({ ...identity, device: "new-phone" }, {});
  table.close();
  const now_ms = () => Date.parse("2026-01-01T00:05:00Z");
  reader = new TableReader(db, { started: "t0", now_ms, freshness_ms: 0 });
  app = serviceApp({ reader, toolVersion: "0", now_ms, onBug: (error) => void bugs.push(error) });
});
afterAll(() => {
  reader.close();
  expect(bugs).toEqual([]);
});

const get = async (path: string) => await app.request(path);
const json = async (path: string) => JSON.parse(await (await get(path)).text());

const conv = ["--op", "conv2d", "--in", "8x8x8", "--out", "20"];
const asked = "device=pixel3&op=conv2d&in=8x8x8&out=20";

test.each([
  ["cost", conv, asked],
  ["marginal", [...conv, "--by", "20"], `${asked}&by=20`],
  ["stairs", [], "device=pixel3"],
  ["kernels", ["--sort", "-latency_s", "--limit", "3"], "device=pixel3&sort=-latency_s&limit=3"],
])(
  "%s of an imported device is over HTTP what it is on the command line",
  async (name, flags, query) => {
    const args = ["query", name, "--db", db, "--device", "pixel3", ...flags, "--json"];
    const { source: _, ...printed } = JSON.parse((await cli(args)).stdout);

    expect(await json(`/api/${name}?${query}`)).toMatchObject(printed);
  },
);

test("a network is added up from imported layers, and what they lack is named or predicted", async () => {
  const predict = async (query: string, network: ReturnType<typeof smallNetwork>) => {
    const body = formatNetwork(network);
    const response = await app.request(`/api/predict?device=copy${query}`, {
      ...{ method: "POST", body },
      headers: { "content-type": "application/json" },
    });
    return { status: response.status, body: JSON.parse(await response.text()) };
  };

  const known = await predict("", smallNetwork(4, 8));
  expect(known.body.layers[0]).toMatchObject({ layer: "conv1", provenance: "imported" });
  const lacking = await predict("", smallNetwork(64, 8));
  expect(lacking).toMatchObject({ status: 404, body: { error: { message: /64 channels/ } } });
  const guessed = await predict("&predict=true", smallNetwork(64, 8));
  expect(guessed.body.layers[0]).toMatchObject({ provenance: "predicted" });
});

test("a body of another kind than an answer takes is refused as a mistake of whoever sent it", async () => {
  const sent = { method: "POST", body: "{}", headers: { "content-type": "text/plain" } };
  const response = await app.request("/api/predict?device=copy", sent);

  expect(response.status).toBe(415);
  expect(JSON.parse(await response.text())).toMatchObject({ error: { code: "usage" } });
});

test("platforms list imported tables, and their checks name rows by keys", async () => {
  const { imported } = await json("/api/platforms");
  expect(imported).toMatchObject([
    { device: "pixel3", format: "json", rows: 25 },
    { device: "copy", format: "json" },
  ]);

  const { rows } = await json("/api/checks?device=pixel3");
  expect(rows).toContainEqual(expect.objectContaining({ check: "few samples", rows: ["odd"] }));
  const printed = await cli(["table", "check", "--db", db, "--device", "pixel3", "--json"]);
  expect(JSON.parse(printed.stdout).rows).toMatchObject(rows);
});

test("checks of a measured platform hold it against imported tables too", async () => {
  const { rows } = await json("/api/checks?platform=1");

  expect(rows).toContainEqual(
    expect.objectContaining({ check: "copied rows", message: expect.stringContaining("copy") }),
  );
});

test("an imported table has a page of its checks, steps, longest curve and rows, and a JSON twin", async () => {
  const page = await (await get("/imported/1?sort=-latency_s")).text();

  for (const part of ["few samples", "Steps by kind", "<svg", "conv-192", "as CSV"])
    expect(page, part).toContain(part);
  for (const [, href = ""] of page.matchAll(/href="(\/[^"]*)"/g))
    expect((await get(href.replaceAll("&amp;", "&"))).status, href).toBe(200);
  const twin = await json("/imported/1.json?sort=-latency_s");
  expect(twin).toMatchObject({ table: { device: "pixel3" }, stairs: [{ step: 32 }], total: 25 });
  expect((await get("/imported/9")).status).toBe(404);
  expect(await (await get("/")).text()).toContain('href="/imported/1"');
});

test("imported tables are compared with measured platforms by kernels, and with each other by rows", async () => {
  const measured = await json("/compare.json?one=1&other=imported-2");
  expect(measured).toMatchObject({ one: 1, other: "imported-2", differences: [] });
  expect(measured.kernels.length).toBeGreaterThan(3);
  // The copy has what was measured, the platform answers it smoothed: near, and by turns the same from the other side.
  expect(Math.abs(Math.log(measured.ratio.median))).toBeLessThan(0.1);
  const turned = await json("/compare.json?one=imported-2&other=1");
  expect(turned.ratio.median).toBeCloseTo(1 / measured.ratio.median, 6);

  const same = await json("/compare.json?one=imported-1&other=imported-1");
  expect(same.ratio).toEqual({ median: 1, p10: 1, p90: 1 });
  const strangers = await get("/compare?one=imported-1&other=imported-2");
  expect(await strangers.text()).toContain("No kernel is known of both");
});

test("a comparison offers imported tables, draws them, and says what it cannot compare", async () => {
  const form = await (await get("/compare")).text();
  expect(form).toContain('value="imported-1"');
  const drawn = await (await get("/compare?one=1&other=imported-2")).text();
  for (const part of ["<svg", "copy, imported", "as their source has them"])
    expect(drawn, part).toContain(part);

  expect((await get("/compare.json?one=1&other=imported-9")).status).toBe(404);
  const odd = await get("/compare.json?one=1&other=pixel3");
  expect(odd.status).toBe(400);
  expect(await odd.json()).toMatchObject({ error: { message: /pixel3 names nothing/ } });
});

test.each(["", "/kernels", "/checks"])(
  "the page /platforms/2%s of a platform without measurements says what to do",
  async (path) => {
    const response = await get(`/platforms/2${path}`);

    expect(response.status).toBe(200);
    expect(await response.text()).toMatch(/wattsplit profile|no network was measured/);
    expect(await json("/platforms/2.json")).toMatchObject({ stairs: [], sessions: [] });
  },
);
