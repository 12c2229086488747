import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CostDocument } from "../../../energy-db/fit/cost-document.ts";
import { openTable } from "../../../energy-db/index.ts";
import { serviceApp } from "../../../src/app/service/app.ts";
import { estimateBody } from "../../../src/app/service/schemas.ts";
import { TableReader } from "../../../src/app/service/table-reader.ts";
import { exportNetwork } from "../../../src/network/export.ts";
import { initialWeights } from "../../../src/network/initial-weights.ts";
import { formatNetwork } from "../../../src/network/network-file.ts";
import { encodeModel } from "../../../src/onnx/index.ts";
import { seededRandom } from "../../../src/random.ts";
import { identity, sessionSettings } from "../../energy-db/example-rows.ts";
import { temporaryFolder } from "../../energy-db/temporary.ts";
import { cli } from "../../support/cli.ts";
import { smallNetwork, writeFormulaTable } from "../../support/formula-table.ts";
import { writeFoundSearch } from "../../support/found-search.ts";

let db: string;
let reader: TableReader;
let app: ReturnType<typeof serviceApp>;
const bugs: Error[] = [];
const now_ms = () => Date.parse("2026-01-01T00:05:00Z");
beforeAll(() => {
  const folder = temporaryFolder();
  db = writeFormulaTable(folder);
  const searches = ["one", "other"].map((name) => join(folder, name));
  for (const search of searches) writeFoundSearch(search, db);
  reader = new TableReader(db, { started: "t0", now_ms, freshness_ms: 0 });
  const onBug = (error: Error) => void bugs.push(error);
  app = serviceApp({ reader, toolVersion: "0.0.0", now_ms, livePeriod_ms: 5, searches, onBug });
});
afterAll(() => {
  reader.close();
  // Read last: no request of this file may have met one of our own bugs.
  expect(bugs).toEqual([]);
});

const get = async (path: string) => await app.request(path);
const json = async (path: string) => JSON.parse(await (await get(path)).text());

const conv = "op=conv2d&in=4x4x4";

test("a cost over HTTP is the cost on the command line", async () => {
  const served = await json(`/api/cost?${conv}&out=8`);
  const printed = JSON.parse(
    (
      await cli([
        "query",
        "cost",
        "--db",
        db,
        "--op",
        "conv2d",
        "--in",
        "4x4x4",
        "--out",
        "8",
        "--json",
      ])
    ).stdout,
  );

  expect(served).toMatchObject({ schema: 1, latency_s: printed.latency_s, kernel: printed.kernel });
  expect(served.measured.latency_s).toBe(printed.measured.latency_s);
});

test("a kernel that was not measured is refused, and predicted where that is asked for", async () => {
  const unknown = "/api/cost?op=conv2d&kernel=5&in=9x9x4&out=8";

  expect((await get(unknown)).status).toBeGreaterThanOrEqual(400);
  expect(await json(`${unknown}&predict=true`)).toMatchObject({
    provenance: "predicted",
    kernel: { kernelSize: 5, inHeight: 9, outChannels: 8 },
  });
});

test("a question that does not say which of two platforms is meant is told of both", async () => {
  const path = writeFormulaTable(temporaryFolder());
  const writer = openTable(path, { mode: "write" });
  const [known] = writer.platforms();
  if (!known) throw new Error("The table has no platform");
  writer.ensurePlatform({ ...known, device: "another" }, {});
  writer.close();
  const served = new TableReader(path, { started: "t3", now_ms, freshness_ms: 0 });
  const service = serviceApp({ reader: served, toolVersion: "0", now_ms });

  const response = await service.request(`/api/cost?${conv}&out=8`);
  served.close();

  expect(response.status).toBe(400);
  const text = await response.text();
  expect(text).toContain("another");
  expect(text).not.toContain("[object");
});

test("a kernel that one space knows is answered when another is fitted later", async () => {
  const path = writeFormulaTable(temporaryFolder());
  const table = openTable(path, { mode: "write" });
  const id = table.findPlatform({}).id;
  const fitted = table.costModel(id, "latency", "small");
  if (!fitted) throw new Error("no costs are stored");
  const { families, ...others } = fitted.document as CostDocument;
  table.putCostModel(id, {
    kind: "latency",
    space: "later",
    provenance: "measured",
    source: "of dense layers alone",
    document: { ...others, families: families.filter(({ example }) => example.op === "dense") },
  });
  table.close();

  const asked = ["--op", "conv2d", "--in", "4x4x4", "--out", "8"];
  for (const question of ["cost", "marginal"])
    expect(await cli(["query", question, "--db", path, ...asked])).toMatchObject({ code: 0 });
  const served = new TableReader(path, { started: "t0", now_ms });
  const service = serviceApp({ reader: served, toolVersion: "0", now_ms });
  for (const question of ["cost", "marginal"])
    expect((await service.request(`/api/${question}?${conv}&out=8`)).status).toBe(200);
  served.close();
});

test("no body is looked for in a question that has none: it would have to be made", async () => {
  const request = new Request(`http://localhost/api/cost?${conv}&out=8`);
  let looked = 0;
  Object.defineProperty(request, "body", { get: () => ++looked && null });

  expect((await app.fetch(request)).status).toBe(200);
  expect(looked).toBe(0);
});

test("marginal cost, stairs, sessions, checks and platforms are served", async () => {
  expect(await json(`/api/marginal?${conv}&out=8&by=4`)).toMatchObject({ by: 4, grow: "out" });
  for (const path of [`/api/stairs?${conv}`, "/api/sessions", "/api/checks", "/api/platforms"])
    expect((await json(path)).rows.length, path).toBeGreaterThan(0);
});

test("a network in the request's body is predicted layer by layer", async () => {
  const response = await app.request("/api/predict", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: formatNetwork(smallNetwork(6, 10)),
  });

  const body = JSON.parse(await response.text());
  expect(body.layers.map(({ layer }: { layer: string }) => layer)).toEqual([
    "conv1",
    "conv2",
    "pool",
    "logits",
  ]);
  const sum = body.layers.reduce(
    (total: number, { latency_s }: { latency_s: number }) => total + latency_s,
    body.overhead_s,
  );
  expect(body.latency_s).toBeCloseTo(sum, 12);
});

test("an ONNX model in the request's body is estimated, and anything else refused", async () => {
  const network = smallNetwork(4, 8);
  const weights = initialWeights(network, seededRandom(1));
  const post = (body: Uint8Array) =>
    app.request("/api/estimate", {
      method: "POST",
      headers: { "content-type": "application/octet-stream" },
      body: Uint8Array.from(body),
    });

  const response = await post(encodeModel(exportNetwork(network, weights)));

  const body = estimateBody.parse(JSON.parse(await response.text()));
  expect(body.layers.map(({ layer }) => layer)).toEqual(["conv1", "conv2", "pool", "logits"]);
  expect(body.guessed).toEqual([]);
  const refused = await post(Uint8Array.of(1, 2, 3));
  expect(refused.status).toBe(400);
  expect(await refused.text()).toContain("expected an ONNX model");
});

test("kernels filter, sort and turn pages by the grammar of --where", async () => {
  const path = "/api/kernels?op=conv2d&outChannels__gte=8&sort=-latency_s&limit=5";
  const first = await json(path);
  const printed = JSON.parse(
    (
      await cli([
        "query",
        "kernels",
        "--db",
        db,
        "--where",
        "op=conv2d",
        "outChannels__gte=8",
        "--sort",
        "-latency_s",
        "--limit",
        "5",
        "--json",
      ])
    ).stdout,
  );
  const second = await json(`${path}&offset=${first.next}`);

  expect(first.rows.map(({ latency_s }: { latency_s: number }) => latency_s)).toEqual(
    printed.rows.map(({ cost }: { cost: { latency_s: number } }) => cost.latency_s),
  );
  expect(first.rows).toHaveLength(5);
  expect(second.rows[0].latency_s).toBeLessThanOrEqual(first.rows[4].latency_s);
});

test("following the pages' links meets every kernel once, in one order, also from kept answers and as CSV", async () => {
  const read = async (path: string) => {
    const response = await get(path);
    const [, next] = /^<(.*)>; rel="next"$/.exec(response.headers.get("link") ?? "") ?? [];
    return { text: await response.text(), next };
  };
  const follow = async (start: string) => {
    const texts: string[] = [];
    for (let path: string | undefined = start; path !== undefined; ) {
      const { text, next } = await read(path);
      texts.push(text);
      path = next;
    }
    return texts;
  };
  // Many rows have the same operation: their order is that of the table, on every page.
  const address = "/api/kernels?sort=op&inChannels__gte=4";
  const whole = JSON.parse((await read(`${address}&limit=1000`)).text);
  const pages = await follow(`${address}&limit=7`);

  expect(pages.length).toBe(Math.ceil(whole.total / 7));
  expect(pages.flatMap((text) => JSON.parse(text).rows)).toEqual(whole.rows);
  expect(await follow(`${address}&limit=7`)).toEqual(pages);
  const lines = (await follow(`${address}&limit=7&format=csv`)).map((text) =>
    text.trimEnd().split("\r\n"),
  );
  expect(lines.flatMap((own) => own.slice(1))).toHaveLength(whole.total);
  const { paths } = await json("/openapi.json");
  expect(paths["/api/kernels"].get.responses["200"].headers.Link.description).toContain("next");
});

test("rows come as CSV too, with a header", async () => {
  const response = await get("/api/kernels?op=dense&format=csv&limit=2");

  const lines = (await response.text()).trimEnd().split("\r\n");
  expect(response.headers.get("content-type")).toContain("text/csv");
  expect(lines[0]).toMatch(/^op,batch,inHeight/);
  expect(lines).toHaveLength(3);
});

test.each([
  ["/api/cost?op=conv2d", 400, "A cost needs --op and --in"],
  ["/api/cost?op=conv2d&in=4x4", 400, "Expected HEIGHTxWIDTHxCHANNELS"],
  ["/api/cost?op=conv2d&in=9x9x4&out=8", 404, "No measured kernel"],
  ["/api/cost?op=conv2d&in=4x4x4&out=4096", 404, "No cost"],
  ["/api/cost?op=conv2d&in=4x4x4&out=8&platform=7", 404, "No platform 7"],
  ["/api/kernels?widht=3", 400, 'No field "widht"'],
  ["/api/kernels?limit=1000000", 400, "limit"],
  ["/api/nothing", 404, "Nothing is served"],
])("%s is refused with %i: %s", async (path, status, words) => {
  const response = await get(path);

  const { error } = JSON.parse(await response.text());
  expect(response.status).toBe(status);
  expect(error.message).toContain(words);
  expect(error.hint).not.toBe("");
});

test("a page whose address asks for nonsense says what is wrong", async () => {
  const response = await get("/platforms/1/curve?op=conv2d&in=4x4");

  expect(response.status).toBe(400);
  expect(await response.text()).toContain("Expected HEIGHTxWIDTHxCHANNELS");
});

test("a body that is no network, or too large, is refused", async () => {
  const post = (body: string) =>
    app.request("/api/predict", {
      method: "POST",
      body,
      headers: { "content-type": "application/json", "content-length": String(body.length) },
    });

  expect((await post("{}")).status).toBe(400);
  expect((await post('"'.padEnd(5 * 1024 ** 2, "x"))).status).toBe(413);
});

test("every page is complete, escapes what it shows, and links its JSON", async () => {
  const pages = [
    "/",
    "/platforms/1",
    "/platforms/1/kernels?op=conv2d",
    "/platforms/1/checks",
    `/platforms/1/curve?${conv}`,
    "/compare?one=1&other=1",
  ];
  for (const path of pages) {
    const response = await get(path);
    const text = await response.text();
    expect(response.status, path).toBe(200);
    expect(text, path).toMatch(/<\/html>\s*$/);
    for (const [, href = ""] of text.matchAll(/href="(\/[^"]*)"/g))
      expect((await get(href.replaceAll("&amp;", "&"))).status, `${href} on ${path}`).toBe(200);
    const [, twin = ""] = /type="application\/json" href="([^"]*)"/.exec(text) ?? [];
    expect(await json(twin.replaceAll("&amp;", "&")), path).toMatchObject({ schema: 1 });
  }
  expect(await (await get("/<script>")).text()).not.toContain("<script>");
});

test("what has not changed is not sent again, until somebody writes", async () => {
  const first = await get("/api/platforms");
  const etag = first.headers.get("etag") ?? "";
  const again = () => app.request("/api/platforms", { headers: { "if-none-match": etag } });

  expect((await again()).status).toBe(304);
  const writer = openTable(db, { mode: "write" });
  writer.ensurePlatform({ ...identity, device: "other" }, {});
  writer.close();
  const after = await again();
  expect(after.status).toBe(200);
  expect(JSON.parse(await after.text()).rows).toHaveLength(2);
});

test("an answer is kept until somebody writes, and is then computed anew", async () => {
  const path = `/api/cost?${conv}&out=12&device=local`;
  const first = await get(path);
  const again = await get(path);

  expect(await again.text()).toBe(await first.text());
  expect(again.headers.get("etag")).toBe(first.headers.get("etag"));
  expect(again.headers.get("content-type")).toBe(first.headers.get("content-type"));
  expect(again.headers.get("content-security-policy")).toContain("default-src");
  const writer = openTable(db, { mode: "write" });
  writer.ensurePlatform({ ...identity, device: "third" }, {});
  writer.close();
  const after = await get(path);
  expect(after.headers.get("etag")).not.toBe(first.headers.get("etag"));
  expect(after.status).toBe(200);
});

test("a curve and a comparison as JSON hold what their pages draw", async () => {
  const curve = await json(`/platforms/1/curve.json?${conv}`);
  const { ratio, differences, kernels } = await json("/compare.json?one=1&other=1");

  expect(curve.curve.length).toBeGreaterThan(3);
  expect(curve.curve[0]).toMatchObject({ provenance: "interpolated" });
  expect(curve.map.length).toBeGreaterThan(curve.curve.length / 2);
  expect(curve.measured.length).toBeGreaterThan(3);
  expect(ratio).toEqual({ median: 1, p10: 1, p90: 1 });
  expect(differences).toEqual([]);
  expect(kernels.length).toBeGreaterThan(3);
  expect((await get("/compare.json")).status).toBe(400);
});

test("a session that is measuring shows how far it is, and news arrive as events", async () => {
  const writer = openTable(db, { mode: "write" });
  const [platform] = writer.platforms();
  const session = writer.startSession(platform?.id ?? 0, {
    ...sessionSettings,
    space: "small",
    startedAt: "2026-01-01T00:04:00Z",
  });
  writer.planNetworks(platform?.id ?? 0, "small", [
    { network: smallNetwork(3, 3), role: "design", batch: 1 },
  ]);
  writer.close();

  const page = await (await get("/")).text();
  const live = await get("/live");
  const body = live.body?.getReader();
  const event = new TextDecoder().decode((await body?.read())?.value);
  await body?.cancel();
  expect(page).toContain(`data-row="${session}"`);
  expect(event).toContain("event: running");
  expect(event).toContain('"space":"small"');
});

test("the OpenAPI document names every answer and what each returns", async () => {
  const { paths } = await json("/openapi.json");

  expect(Object.keys(paths).sort()).toEqual([
    "/api/checks",
    "/api/cost",
    "/api/estimate",
    "/api/kernels",
    "/api/marginal",
    "/api/platforms",
    "/api/predict",
    "/api/sessions",
    "/api/stairs",
  ]);
});

test("answers carry security headers", async () => {
  const { headers } = await get("/");

  expect(headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
});

test("with a token only those who know it read, and a browser keeps it out of addresses", async () => {
  const guarded = serviceApp({ reader, toolVersion: "0.0.0", now_ms, token: "secret" });
  const ask = (path: string, headers: Record<string, string> = {}) =>
    guarded.request(path, { headers });

  expect((await ask("/api/platforms")).status).toBe(401);
  expect((await ask("/api/platforms", { authorization: "Bearer wrong" })).status).toBe(401);
  expect((await ask("/api/platforms", { authorization: "Bearer secret" })).status).toBe(200);
  const entry = await ask("/platforms/1?token=secret");
  expect(entry.status).toBe(302);
  expect(entry.headers.get("location")).toBe("/platforms/1");
  const cookie = entry.headers.get("set-cookie")?.split(";")[0] ?? "";
  expect((await ask("/platforms/1", { cookie })).status).toBe(200);
});

test("a foreign host name is not answered, so that no web page can read through it", async () => {
  const local = serviceApp({ reader, toolVersion: "0.0.0", now_ms, hosts: ["127.0.0.1"] });

  expect(
    (await local.request("http://127.0.0.1/api/platforms", { headers: { host: "127.0.0.1:8080" } }))
      .status,
  ).toBe(200);
  expect(
    (
      await local.request("http://evil.example/api/platforms", {
        headers: { host: "evil.example" },
      })
    ).status,
  ).toBe(421);
});

test("serving changes nothing in the table", async () => {
  const path = join(temporaryFolder(), "energy.db");
  const copy = writeFormulaTable(join(path, ".."));
  const before = readFileSync(copy);
  const own = new TableReader(copy, { started: "t1", now_ms });
  const app = serviceApp({ reader: own, toolVersion: "0.0.0", now_ms });
  for (const asked of ["/", "/platforms/1", "/api/kernels", "/api/checks"])
    await app.request(asked);
  own.close();

  expect(readFileSync(copy).equals(before)).toBe(true);
});

test("answers grow older where answering takes long, up to ten seconds", async () => {
  const path = writeFormulaTable(temporaryFolder());
  let at_ms = 0;
  const own = new TableReader(path, { started: "t1", now_ms: () => at_ms });
  const writer = openTable(path, { mode: "write" });
  const answerFor = (duration_ms: number) =>
    own.answering(async () => {
      at_ms += duration_ms;
    });
  const ageOfNews = (): number => {
    const [from_ms, before] = [at_ms, own.revision()];
    writer.putPlan(1, "any", { at_ms });
    while (own.revision() === before) at_ms += 100;
    return at_ms - from_ms;
  };

  own.revision();
  expect(ageOfNews()).toBe(1000);
  await answerFor(100);
  expect(ageOfNews()).toBe(2000 - 100);
  await answerFor(5000);
  expect(ageOfNews()).toBe(10_000 - 5000);
  own.close();
  writer.close();
});

test("a search's page shows its report inside the service, with the rows as JSON", async () => {
  const page = await (await get("/searches/one")).text();
  const rows = await json("/searches/one.json");

  expect(page).toContain("Pareto front");
  expect(page).toContain('href="/searches/one.json"');
  expect(rows).toMatchObject({ schema: 1, search: { method: "splitting" } });
});

test("served searches are listed and compared, and one that is not served is named", async () => {
  expect(await (await get("/")).text()).toContain('<a href="/searches">Compare them</a>');
  expect(await (await get("/searches")).text()).toContain("Fronts: held-out accuracy");
  const { searches } = await json("/searches.json");
  expect(searches.map(({ name }: { name: string }) => name)).toEqual(["one", "other"]);

  const missing = await get("/searches/nowhere");
  expect(missing.status).toBe(404);
  expect(await missing.text()).toContain("Served: one, other");
});
