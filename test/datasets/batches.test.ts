import fc from "fast-check";
import { expect, test } from "vitest";
import { batchCount, batches } from "../../src/datasets/batches.ts";
import { pick, splitOff, wholeSplit } from "../../src/datasets/dataset.ts";
import { syntheticBlobs } from "../../src/datasets/synthetic-blobs.ts";
import { seededRandom } from "../../src/random.ts";

const blobs = syntheticBlobs(1, { train: 50, test: 10 }).train;

/** One image of 3x4x1 whose pixels are 1..12 and which normalisation leaves on the scale 0..255. */
const numbered = wholeSplit({
  image: { height: 3, width: 4, channels: 1 },
  normalisation: { mean: [0], deviation: [1 / 255] },
  labels: Uint8Array.of(0),
  pixels: Uint8Array.from({ length: 12 }, (_, index) => index + 1),
});

test("without a random generator the batches follow the split's order", () => {
  const labels = [...batches(blobs, { size: 16 })].flatMap(({ y }) => [...y]);

  expect(labels).toEqual([...blobs.labels]);
});

test("every example occurs once in a shuffled pass", () => {
  const unique = pick(blobs, [...blobs.labels.keys()]);
  const labelled = { ...unique, labels: Uint8Array.from({ length: 50 }, (_, index) => index) };

  const seen = [...batches(labelled, { size: 7, random: seededRandom(3) })].flatMap(({ y }) => [
    ...y,
  ]);

  expect(seen).not.toEqual([...labelled.labels]);
  expect(seen.sort((a, b) => a - b)).toEqual([...labelled.labels]);
});

test("the last batch holds the rest, or is dropped on request", () => {
  const sizes = (dropLast: boolean) =>
    [...batches(blobs, { size: 16, dropLast })].map(({ count }) => count);

  expect(sizes(false)).toEqual([16, 16, 16, 2]);
  expect(sizes(true)).toEqual([16, 16, 16]);
});

test("batchCount is the number of batches a pass yields", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.boolean(), (size, dropLast) => {
      const options = { size, dropLast };
      expect([...batches(blobs, options)]).toHaveLength(batchCount(blobs, options));
    }),
  );
});

test("pixels are normalised per channel", () => {
  const split = wholeSplit({
    image: { height: 1, width: 1, channels: 2 },
    normalisation: { mean: [0.5, 0.2], deviation: [0.5, 0.1] },
    labels: Uint8Array.of(1),
    pixels: Uint8Array.of(255, 51),
  });

  const [batch] = batches(split, { size: 1 });

  expect(batch?.x[0]).toBeCloseTo(1, 6);
  expect(batch?.x[1]).toBeCloseTo(0, 6);
});

test("the same seed gives the same augmented batches and another seed others", () => {
  const draw = (seed: number) => [
    ...batches(blobs, { size: 10, random: seededRandom(seed), augment: "crop-flip" }),
  ];

  expect(draw(5)).toEqual(draw(5));
  expect(draw(5)).not.toEqual(draw(6));
});

test("batches own their arrays, so an earlier one is not overwritten by the next", () => {
  const iterator = batches(blobs, { size: 10 });
  const first = iterator.next().value;
  const before = first?.x.slice();

  iterator.next();

  expect(first?.x).toEqual(before);
});

test("a shifted image is the image moved by up to two pixels over black, never mirrored", () => {
  const random = seededRandom(9);
  const allowed = new Set<string>();
  for (let down = -2; down <= 2; down++) {
    for (let right = -2; right <= 2; right++) allowed.add(moved(down, right).join());
  }

  const seen = new Set<string>();
  for (let pass = 0; pass < 400; pass++) {
    const [batch] = batches(numbered, { size: 1, random, augment: "shift" });
    seen.add(Array.from(batch?.x ?? [], Math.round).join());
  }

  expect(seen).toEqual(allowed);
});

test("crop-flip mirrors about half of the images", () => {
  const random = seededRandom(2);
  let mirrored = 0;
  let judged = 0;
  for (let pass = 0; pass < 600; pass++) {
    const [batch] = batches(numbered, { size: 1, random, augment: "crop-flip" });
    const steps = differencesInRows(Array.from(batch?.x ?? [], Math.round));
    if (steps.length > 0) judged++;
    if (steps.some((step) => step < 0)) mirrored++;
  }

  expect(judged).toBeGreaterThan(100);
  expect(mirrored / judged).toBeGreaterThan(0.4);
  expect(mirrored / judged).toBeLessThan(0.6);
});

test("augmentation without a random generator is refused", () => {
  expect(() => batches(blobs, { size: 4, augment: "shift" }).next()).toThrow("random generator");
});

test("splitting off a part leaves two disjoint parts that together are the whole", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(), (fraction, seed) => {
      const { rest, heldOut } = splitOff(blobs, fraction, seededRandom(seed));

      const rows = [...rest.rows, ...heldOut.rows].sort((a, b) => a - b);
      expect(rows).toEqual([...blobs.rows]);
      expect(heldOut.count).toBe(Math.round(50 * fraction));
    }),
  );
});

test("labels stay with their images when a part is split off", () => {
  const { heldOut } = splitOff(blobs, 0.3, seededRandom(4));

  const expected = Array.from(heldOut.rows, (row) => blobs.labels[row]);
  expect([...heldOut.labels]).toEqual(expected);
});

test("a split of a split still reads the right pixels", () => {
  const once = splitOff(blobs, 0.5, seededRandom(1)).heldOut;
  const twice = pick(once, [3]);

  const [batch] = batches(twice, { size: 1 });
  const [original] = batches(pick(blobs, [twice.rows[0] ?? -1]), { size: 1 });

  expect(batch).toEqual(original);
});

function moved(down: number, right: number): number[] {
  return Array.from({ length: 12 }, (_, index) => {
    const row = Math.floor(index / 4) - down;
    const column = (index % 4) - right;
    return row >= 0 && row < 3 && column >= 0 && column < 4 ? row * 4 + column + 1 : 0;
  });
}

/** Steps between neighbours inside the image: +1 where it is upright, -1 where mirrored. */
function differencesInRows(pixels: readonly number[]): number[] {
  return pixels.flatMap((pixel, index) => {
    const next = index % 4 < 3 ? (pixels[index + 1] ?? 0) : 0;
    return pixel > 0 && next > 0 ? [next - pixel] : [];
  });
}
