import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { csvRows } from "../../../energy-db/formats/csv-rows.ts";
import type { SourceFile } from "../../../energy-db/formats/foreign-table.ts";
import { lossesOf } from "../../../energy-db/formats/losses.ts";
import { findFormat, formatOf, tableFormats } from "../../../energy-db/formats/registry.ts";
import { csvText } from "../../../src/csv.ts";
import { UserError } from "../../../src/errors.ts";
import { damaged, readOrRefused } from "./damage.ts";
import { examples } from "./examples.ts";

const file = (name: string, text: string): SourceFile => ({
  name,
  bytes: new TextEncoder().encode(text),
});

/** What is read from a format's own example and not written again. */
const losses: Readonly<Record<string, readonly string[]>> = {
  "mlperf-tiny": ["samples of 1 rows"],
};

describe.each(tableFormats)("$title", (format) => {
  const { bytes = new Uint8Array(), first = {} } = examples[format.id] ?? {};
  const source = { name: "table", bytes };

  test("are recognised, and read in SI units", async () => {
    const [table] = await format.read(source);

    expect(formatOf(source).id).toBe(format.id);
    expect(table?.rows[0]).toMatchObject(first);
  });

  test("come back as they were, or with the losses that are told", async () => {
    const tables = await format.read(source);
    const written = format.write(tables).content;

    const again = await format.read({ name: "again", bytes: Buffer.from(written) });

    expect(lossesOf(tables, again)).toEqual(losses[format.id] ?? []);
    if (losses[format.id]) return;
    expect(again.map(({ rows }) => rows)).toEqual(tables.map(({ rows }) => rows));
  });

  test("damaged are refused or read, and never anything else", async () => {
    await fc.assert(
      fc.asyncProperty(damaged(bytes), async (source) => {
        await readOrRefused(format, source);
      }),
      { numRuns: 100 },
    );
  });
});

test("numbers of up to 15 digits come through a block table unchanged", () => {
  const ms = fc.integer({ min: 1, max: 999_999_999 }).map((digits) => digits / 1e6);
  return fc.assert(
    fc.asyncProperty(ms, async (mean) => {
      const nsganetv2 = findFormat("nsganetv2");
      const key = "MBConv-input:28x28x40-output:28x28x40-expand:3-kernel:3-stride:1-idskip:1-se:1";
      const tables = await nsganetv2.read(file("t", `${key}:\n  mean: ${mean}\n  var: 0\n`));
      expect(String(nsganetv2.write(tables).content)).toContain(`mean: ${mean}\n`);
    }),
  );
});

test("cells that spreadsheets would run come back from any CSV as they were, and other names are a loss that is said", () => {
  const cell = fc.stringMatching(/^['=+@-]*[a-z =+@',"-]{0,8}$/).filter((text) => text !== "");
  fc.assert(
    fc.property(fc.array(cell, { minLength: 1, maxLength: 5 }), (names) => {
      const rows = names.map((name) => ({ name, index: 1 }));

      const back = csvRows(file("t.csv", csvText(rows)));

      expect(back.map(({ name }) => name)).toEqual(names);
    }),
  );

  const table = { device: "- a", dialect: "", units: {}, details: {}, rows: [] };
  expect(lossesOf([table], [{ ...table, device: "'- a" }])).toEqual(["the device's name"]);
  const row = { key: "0", op: "conv2d", shape: { stride: 1 } };
  expect(
    lossesOf([{ ...table, rows: [row] }], [{ ...table, rows: [{ ...row, shape: {} }] }]),
  ).toEqual(["what 1 rows time"]);
});

test("an unknown file is refused with the formats that are known", () => {
  expect(() => formatOf(file("x", "nothing known"))).toThrow(UserError);
  expect(() => findFormat("xls")).toThrow(/format/);
});

test("every format has an example here", () => {
  expect(Object.keys(examples).sort()).toEqual(tableFormats.map(({ id }) => id).sort());
});
