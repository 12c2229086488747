import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBatches, encodeBatches } from "../../energy-db/blobs.ts";

const arrays = fc.integer({ min: 0, max: 20 }).chain((length) => {
  const size = { minLength: length, maxLength: length };
  const bytes = fc.uint8Array({ ...size, max: 1 });
  const times = fc.float64Array({ ...size, noNaN: true });
  return fc.record({
    start_s: times,
    latency_s: times,
    runs: fc.uint32Array(size),
    kind: bytes,
    slowdown: times,
    calm: bytes,
  });
});

test("a batch log comes back from its columns bit by bit", () => {
  fc.assert(
    fc.property(arrays, (batches) => {
      expect(decodeBatches(encodeBatches(batches))).toEqual(batches);
    }),
  );
});

test("columns are little-endian, as the documentation says", () => {
  const one = { start_s: Float64Array.of(1), runs: Uint32Array.of(0x01020304) };
  const { start_s, runs } = encodeBatches({
    ...one,
    latency_s: new Float64Array(1),
    kind: new Uint8Array(1),
    slowdown: new Float64Array(1),
    calm: new Uint8Array(1),
  });

  // IEEE 754: 1.0 is 0x3ff0000000000000.
  expect([...start_s]).toEqual([0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
  expect([...runs]).toEqual([4, 3, 2, 1]);
});
