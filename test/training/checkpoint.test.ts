import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { loadCheckpoint, saveCheckpoint } from "../../src/training/checkpoint.ts";

const path = () => join(mkdtempSync(join(tmpdir(), "wattsplit-checkpoint-")), "state");

test("arrays and note come back bit for bit", () => {
  const file = path();
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.float32Array()),
      fc.dictionary(fc.string(), fc.integer()),
      (arrays, note) => {
        saveCheckpoint(file, { note, arrays: new Map(Object.entries(arrays)) });

        const read = loadCheckpoint(file);

        expect(Object.fromEntries(read.arrays)).toEqual(arrays);
        expect(read.note).toEqual(note);
      },
    ),
    { numRuns: 50 },
  );
});

test("a cut or changed file is refused with its path", () => {
  const file = path();
  saveCheckpoint(file, { note: {}, arrays: new Map([["weights", Float32Array.of(1, 2, 3)]]) });
  const whole = readFileSync(file);

  for (const damaged of [whole.subarray(0, -1), whole.subarray(5), Buffer.from("")]) {
    writeFileSync(file, damaged);
    expect(() => loadCheckpoint(file)).toThrow(file);
  }
});
