import { afterAll, beforeAll, expect, test } from "vitest";
import { listen } from "../../../src/app/service/server.ts";
import { TableReader } from "../../../src/app/service/table-reader.ts";
import { temporaryFolder } from "../../energy-db/temporary.ts";
import { cli } from "../../support/cli.ts";
import { writeFormulaTable } from "../../support/formula-table.ts";

let db: string;
let reader: TableReader;
beforeAll(() => {
  db = writeFormulaTable(temporaryFolder());
  reader = new TableReader(db, { started: "t0", now_ms: Date.now });
});
afterAll(() => reader.close());

const options = () => ({
  reader,
  port: 0,
  host: "127.0.0.1",
  toolVersion: "0.0.0",
  now_ms: Date.now,
});

test("the service answers at the address it names, and ends even while a live page is open", async () => {
  const service = await listen(options());
  const live = await fetch(`${service.url}/live`);

  expect((await fetch(`${service.url}/api/platforms`)).status).toBe(200);
  await service.close();
  await live.body?.cancel().catch(() => undefined);
  await expect(fetch(service.url)).rejects.toThrow();
});

test("a port that is taken is named", async () => {
  const service = await listen(options());
  const port = Number(new URL(service.url).port);

  await expect(listen({ ...options(), port })).rejects.toThrow(`Port ${port} is taken`);
  await service.close();
});

test("beyond this machine nobody listens without a token", () => {
  expect(() => listen({ ...options(), host: "0.0.0.0" })).toThrow("lets everyone on the network");
});

test("serve prints its address, and Ctrl-C ends it well", async () => {
  const abort = new AbortController();
  const running = cli(["serve", "--db", db, "--port", "0"], { signal: abort.signal });
  abort.abort();

  const { code, stdout } = await running;
  expect(code).toBe(0);
  expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/);
});

test("serve refuses a table that is not there", async () => {
  const { code, stderr } = await cli(["serve", "--db", "/nowhere/energy.db"]);

  expect(code).not.toBe(0);
  expect(stderr).toContain("/nowhere/energy.db");
});
