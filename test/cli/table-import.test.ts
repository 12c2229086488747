import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exitCodes } from "../../src/errors.ts";
import { cli } from "../support/cli.ts";

const folder = mkdtempSync(join(tmpdir(), "wattsplit-import-"));
const db = join(folder, "energy.db");
const path = (name: string, text: string): string => {
  const full = join(folder, name);
  writeFileSync(full, text);
  return full;
};
const csv = path("devices.csv", "index,arch,pixel3_ms,gpu_ms\n0,,12.51,1.5\n1,,13.02,1.75\n");
const yaml = path(
  "lut.yaml",
  "MBConv-input:28x28x40-output:28x28x40-expand:3-kernel:3-stride:1-idskip:1-se:1:\n  mean: 0.5\n  var: 0.01\n",
);
const negative = path("negative.csv", "index,arch,bad_ms\n0,,-1.5\n1,,2.5\n");

test("a table is imported once, however often it is asked for, and exported whole", async () => {
  const first = JSON.parse((await cli(["table", "import", csv, "--db", db, "--json"])).stdout);
  const again = JSON.parse((await cli(["table", "import", csv, "--db", db, "--json"])).stdout);
  const out = join(folder, "out.json");
  const { code } = await cli(["table", "export", "--db", db, "--device", "pixel3", "-o", out]);

  const states = ({ tables }: { tables: { device: string; isNew: boolean }[] }) =>
    tables.map(({ device, isNew }) => [device, isNew]);
  expect(states(first)).toEqual([
    ["pixel3", true],
    ["gpu", true],
  ]);
  expect(states(again)).toEqual([
    ["pixel3", false],
    ["gpu", false],
  ]);
  expect(code).toBe(exitCodes.done);
  const [table] = JSON.parse(readFileSync(out, "utf8")).tables;
  expect(table.rows).toEqual([
    { key: "0", op: "network", shape: {}, latency_s: 12.51e-3 },
    { key: "1", op: "network", shape: {}, latency_s: 13.02e-3 },
  ]);
});

test("a file that names no device needs one", async () => {
  const refused = await cli(["table", "import", yaml, "--db", db]);
  expect(refused.code).toBe(exitCodes.usage);
  expect(refused.stderr).toContain("--device");

  const { stdout } = await cli(["table", "import", yaml, "--device", "i7", "--db", db]);
  expect(stdout).toMatch(/i7 +nsganetv2 +YAML, expand is a ratio +latency in ms +1 +0 +imported/);
  const back = await cli([
    "table",
    "export",
    "--format",
    "nsganetv2",
    "--device",
    "i7",
    "--db",
    db,
  ]);
  expect(back.stdout).toContain("mean: 0.5");
});

test("two tables of one device come out in one file, and go in again both", async () => {
  const row = (key: string) => ({ key, op: "conv2d", shape: {}, latency_s: 1e-3 });
  const table = (key: string) => ({
    ...{ device: "twice", dialect: "any", units: { latency: "ms" }, details: {} },
    rows: [row(key)],
  });
  const both = { format: "wattsplit-foreign-tables", version: 1, tables: [table("a"), table("b")] };

  await cli(["table", "import", path("both.json", JSON.stringify(both)), "--db", db]);
  const { stdout } = await cli(["table", "export", "--device", "twice", "--db", db]);

  expect(JSON.parse(stdout)).toEqual(both);
});

test.each([
  ["a row twice", "index,arch,d_ms\n0,,1.5\n0,,2.5\n", [], 'the row "0" twice'],
  [
    "half a run",
    "expanded_conv-input:8x8x8-output:8x8x8-expand:8-kernel:3-stride:1-idskip:0-se:0-hs:0:\n  count: 1.5\n  mean: 1\n  std: 0\n",
    [],
    "counts 1.5",
  ],
  [
    "another unit than the file states",
    "index,arch,d_ms\n0,,1.5\n",
    ["--latency-unit", "us"],
    "states its unit, ms",
  ],
])("%s is refused, and nothing imported", async (name, text, flags, message) => {
  const file = path(`${name}.txt`, text);

  const { code, stderr } = await cli([
    "table",
    "import",
    file,
    "--device",
    "d",
    ...flags,
    "--db",
    db,
  ]);

  expect(code).toBe(exitCodes.usage);
  expect(stderr).toContain(message);
  expect((await cli(["table", "export", "--device", "d", "--db", db])).code).not.toBe(0);
});

test("costs below zero are named, and refused by --strict with nothing imported", async () => {
  const strict = await cli(["table", "import", negative, "--strict", "--db", db]);
  expect(strict.code).toBe(exitCodes.unreliable);
  expect(strict.stderr).toContain("1 rows cost nothing or less (0)");

  const { stdout } = await cli(["table", "import", negative, "--db", db]);
  expect(stdout).toContain("error, not positive, bad: 1 rows cost nothing or less: 0");
});

test("any defect is refused by --strict, and --strict of a check says that there is one", async () => {
  const rounded = path(
    "rounded.csv",
    `index,arch,old_ms\n${[...Array(12).keys()].map((i) => `${i},,${20 + i}`).join("\n")}\n`,
  );
  const own = join(folder, "rounded.db");
  const strict = await cli(["table", "import", rounded, "--strict", "--db", own]);
  expect(strict.code).toBe(exitCodes.unreliable);
  expect(strict.stderr).toContain("every latency is a whole number of ms");

  await cli(["table", "import", rounded, "--db", own]);
  expect((await cli(["table", "check", "--strict", "--db", own])).code).toBe(exitCodes.unreliable);
});

test("counts above a thousand are printed whole", async () => {
  const many = path(
    "many.csv",
    `index,arch,new_ms\n${[...Array(1234).keys()].map((i) => `${i},,${20.25 + i / 100}`).join("\n")}\n`,
  );
  const { stdout } = await cli(["table", "import", many, "--db", join(folder, "many.db")]);

  expect(stdout).toMatch(/ 1234 /);
});

test.each([
  ["an unknown file", ["table", "import", path("x.txt", "hello")], "of no format"],
  ["a missing file", ["table", "import", join(folder, "none.csv")], "Cannot read"],
  ["a device without tables", ["table", "export", "--device", "nobody"], "no costs"],
  [
    "a format that holds none of the rows",
    ["table", "export", "--format", "nn-meter-dataset", "--device", "i7"],
    "No row fits",
  ],
])("%s is refused", async (_, args, message) => {
  const { code, stderr } = await cli([...args, "--db", db]);

  expect(code).not.toBe(exitCodes.done);
  expect(stderr).toContain(message);
});

const stepped = path(
  "stepped.json",
  JSON.stringify(
    Object.fromEntries(
      [...Array(24).keys()].map((i) => [
        `(192, ${768 + 8 * i}, 7, 1, 1, 0, 1)-W4A4`,
        {
          energy: 0.05 + 0.002 * Math.ceil(i / 4),
          latency: 0.031234 + 0.0010007 * Math.ceil(i / 4),
        },
      ]),
    ),
  ),
);

test("imported tables answer query cost and query stairs", async () => {
  await cli(["table", "import", stepped, "--device", "bitfusion", "--db", db]);
  const asked = ["--op", "conv2d", "--device", "bitfusion", "--db", db];

  const cost = await cli(["query", "cost", ...asked, "--in", "7x7x192", "--out", "776", "--json"]);
  const stairs = await cli(["query", "stairs", ...asked]);
  const outside = await cli(["query", "cost", ...asked, "--in", "7x7x192", "--out", "64"]);

  expect(JSON.parse(cost.stdout)).toMatchObject({
    latency_s: expect.closeTo(0.0322347e-3, 12),
    energy_j: expect.closeTo(0.052e-3, 12),
    provenance: "imported",
    rows: ["(192, 776, 7, 1, 1, 0, 1)-W4A4"],
  });
  expect(stairs.stdout).toMatch(/conv2d height=7 .* out +32 +1 +24 +0/);
  expect(outside.code).toBe(exitCodes.unavailable);
  expect(outside.stderr).toContain("never extrapolated");
});

test("table check names defects of imported rows, and says where there are none", async () => {
  const { stdout } = await cli(["table", "check", "--device", "bitfusion", "--db", db]);
  expect(stdout).toMatch(/bitfusion +imported rows +ok +no defect in 24 rows of stepped.json/);

  const whole = path(
    "whole.csv",
    `index,arch,slow_ms\n${[...Array(12).keys()].map((i) => `${i},,${20 + i}`).join("\n")}\n`,
  );
  await cli(["table", "import", whole, "--db", db]);
  const slow = await cli(["table", "check", "--device", "slow", "--db", db, "--json"]);
  expect(JSON.parse(slow.stdout).rows).toMatchObject([
    { device: "slow", check: "rounded", severity: "warning" },
  ]);
});

test("a pickle that would run a program is refused, and nothing imported", async () => {
  const evil = join(folder, "evil.pkl");
  writeFileSync(evil, Buffer.from("\x80\x02cposix\nsystem\nU\x04true\x85R.", "latin1"));

  const asked = ["table", "import", evil, "--format", "netadapt", "--device", "evil", "--db", db];
  const { code, stderr } = await cli(asked);

  expect(code).toBe(exitCodes.usage);
  expect(stderr).toContain("posix.system, and only OrderedDict is allowed");
});

test("an export in bytes goes into a file, never to a terminal", async () => {
  const asked = ["table", "export", "--format", "parquet", "--device", "bitfusion", "--db", db];
  const refused = await cli(asked);
  expect(refused.code).toBe(exitCodes.usage);

  const out = join(folder, "bitfusion.parquet");
  const { code } = await cli([...asked, "-o", out]);
  expect(code).toBe(exitCodes.done);
  const again = await cli(["table", "import", out, "--db", join(folder, "again.db"), "--json"]);
  expect(JSON.parse(again.stdout).tables).toMatchObject([
    { device: "bitfusion", format: "parquet", rows: 24, refused: 0 },
  ]);
});
