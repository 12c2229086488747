import Database from "better-sqlite3";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ensureKernel, kernelById } from "../../energy-db/kernel-rows.ts";
import { migrate } from "../../energy-db/migrate.ts";
import { migrations } from "../../energy-db/schema.ts";
import { kernelsOf } from "../../src/network/kernel.ts";
import { presets } from "../../src/network/presets.ts";

const edge = fc.integer({ min: 1, max: 11 });
const example = kernelsOf(presets["ds-cnn-m"].build({}))[0]?.kernel;

/** Another connection over the same database, so that no kernel is remembered. */
function reopened(database: Database.Database): Database.Database {
  return new Database(database.serialize());
}

test("kernels of any window come back from a table as they were", () => {
  const database = new Database(":memory:");
  migrate(database);
  fc.assert(
    fc.property(edge, edge, edge, edge, (kernelSize, kernelWidth, stride, strideWidth) => {
      if (!example) throw new Error("no example");
      const { kernelWidth: _, strideWidth: __, ...square } = example;
      const kernel = {
        ...square,
        kernelSize,
        ...(kernelWidth === kernelSize ? {} : { kernelWidth }),
        stride,
        ...(strideWidth === stride ? {} : { strideWidth }),
      };
      const id = ensureKernel(database, kernel);
      expect(kernelById(reopened(database), id)).toEqual(kernel);
    }),
    { numRuns: 50 },
  );
});

test("a file of version 3 is read without the columns it lacks", () => {
  const database = new Database(":memory:");
  migrate(database, { steps: migrations.slice(0, 3) });
  const add = `insert into kernels values (1, 'k', 'f', 'conv2d', 1, 8, 8, 3, 16, 5, 2, 1, 'same', 'relu', 'float32')`;
  database.exec(add);

  const kernel = kernelById(database, 1);

  expect(kernel).toMatchObject({ kernelSize: 5, stride: 2 });
  expect("kernelWidth" in kernel).toBe(false);
});
