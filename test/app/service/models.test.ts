import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTable } from "../../../energy-db/index.ts";
import { serviceApp } from "../../../src/app/service/app.ts";
import type { ModelLimits } from "../../../src/app/service/model-reader.ts";
import { estimateBody } from "../../../src/app/service/schemas.ts";
import { TableReader } from "../../../src/app/service/table-reader.ts";
import { exportNetwork } from "../../../src/network/export.ts";
import { initialWeights } from "../../../src/network/initial-weights.ts";
import { encodeModel } from "../../../src/onnx/index.ts";
import { seededRandom } from "../../../src/random.ts";
import { identity } from "../../energy-db/example-rows.ts";
import { temporaryFolder } from "../../energy-db/temporary.ts";
import { smallNetwork, writeFormulaTable } from "../../support/formula-table.ts";

const network = smallNetwork(4, 8);
const model = encodeModel(exportNetwork(network, initialWeights(network, seededRandom(1))));
const quantised = readFileSync(
  join(import.meta.dirname, "../../network/import/fixtures/qdq-per-tensor-13.onnx"),
);

let reader: TableReader;
const now_ms = () => Date.parse("2026-01-01T00:05:00Z");
const bugs: Error[] = [];
const service = (modelLimits: Partial<ModelLimits> = {}) =>
  serviceApp({
    reader,
    toolVersion: "0",
    now_ms,
    modelLimits,
    onBug: (bug) => void bugs.push(bug),
  });
beforeAll(() => {
  const db = writeFormulaTable(temporaryFolder(), { assumePower_w: 2 });
  const table = openTable(db, { mode: "write" });
  table.ensurePlatform({ ...identity, device: "new-phone" }, {});
  table.close();
  reader = new TableReader(db, { started: "t0", now_ms, freshness_ms: 0 });
});
afterAll(() => {
  reader.close();
  expect(bugs).toEqual([]);
});

const send = async (app: ReturnType<typeof service>, path: string, bytes: Uint8Array = model) => {
  const body = new FormData();
  body.set("model", new File([Uint8Array.from(bytes)], "small.onnx"));
  body.set("platform", "1");
  return await app.request(path, { method: "POST", body });
};
const post = async (app: ReturnType<typeof service>, bytes: Uint8Array = model) =>
  await app.request("/api/estimate?device=local", {
    ...{ method: "POST", body: Uint8Array.from(bytes) },
    headers: { "content-type": "application/octet-stream" },
  });

test("what the page says of a model is what its JSON twin and the API say", async () => {
  const app = service();
  const [page, twin, api] = await Promise.all([
    send(app, "/estimate").then((response) => response.text()),
    send(app, "/estimate.json").then((response) => response.json()),
    post(app).then((response) => response.json()),
  ]);

  expect(estimateBody.parse(twin)).toEqual(twin);
  expect(twin).toEqual(api);
  expect(twin).toMatchObject({ precision: "float32", tablePrecision: "float32" });
  expect(page).toContain("float32, opset");
  expect(page).toContain("Where the time goes");
  for (const { layer } of estimateBody.parse(twin).layers) expect(page).toContain(layer);
});

test("a model in integers on a table of float32 is predicted, and the page says why", async () => {
  const page = await (await send(service(), "/estimate", quantised)).text();

  expect(page).toContain("computes in int8 and the table&#39;s kernels in float32");
  expect(page).not.toContain("Every step is a measured kernel");
});

test("a platform without measurements is not offered, and without any the page says what to do", async () => {
  const page = await (await service().request("/estimate")).text();
  expect(page).toContain(">local, ");
  expect(page).not.toContain("new-phone");

  const path = join(temporaryFolder(), "empty.db");
  openTable(path, { mode: "write", create: true }).close();
  const empty = new TableReader(path, { started: "t1", now_ms });
  const other = serviceApp({ reader: empty, toolVersion: "0", now_ms });
  expect(await (await other.request("/estimate")).text()).toContain("wattsplit profile --model");
  empty.close();
});

test.each([
  ["takes too long", { patience_s: 0.001 }, /took more than 0.001 s/],
  ["takes too much memory", { memory_mb: 4 }, /took more than 4 MiB of memory/],
] as const)(
  "a model whose reading %s is refused by a sentence, and the next one read",
  async (_, limits, says) => {
    const response = await post(service(limits));

    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(says);
    expect((await post(service())).status).toBe(200);
  },
);

test("more models at once than there is memory for are put off", async () => {
  const app = service({ processes: 1, waiting: 0 });
  const [first, second] = await Promise.all([post(app), post(app)]);

  expect([first.status, second.status].sort()).toEqual([200, 503]);
  expect((await post(app)).status).toBe(200);
});
