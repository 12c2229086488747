import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { splitOfCifar100 } from "../../src/datasets/cifar100.ts";
import { debianFolder } from "../../src/datasets/fashion-mnist.ts";
import { batches, loadDataset } from "../../src/datasets/index.ts";

const newFolder = () => mkdtempSync(join(tmpdir(), "data-"));

test("a CIFAR-100 record is its fine label and its planes as pixels", () => {
  const record = (coarse: number, fine: number, level: number) => [
    coarse,
    fine,
    ...[0, 1, 2].flatMap((plane) => new Array<number>(1024).fill(level + plane)),
  ];

  const split = splitOfCifar100(Uint8Array.from([...record(3, 77, 10), ...record(4, 5, 20)]));

  expect([...split.labels]).toEqual([77, 5]);
  expect([...split.pixels.subarray(0, 6)]).toEqual([10, 11, 12, 10, 11, 12]);
  expect([...split.pixels.subarray(3072, 3075)]).toEqual([20, 21, 22]);
});

test("CIFAR-100 files that are not the published ones are refused by their checksum", async () => {
  const folder = newFolder();
  for (const name of ["train.bin", "test.bin"]) writeFileSync(join(folder, name), "damaged");

  await expect(loadDataset(`cifar100:${folder}`)).rejects.toThrow(/MD5/);
});

test.each([
  ["is no gzip", "damaged", /not a whole gzip/],
  ["holds other images", gzipSync("other"), /MD5/],
])("a Fashion-MNIST file that %s is refused", async (_, bytes, reason) => {
  const folder = newFolder();
  for (const part of ["train", "t10k"])
    for (const kind of ["images-idx3", "labels-idx1"])
      writeFileSync(join(folder, `${part}-${kind}-ubyte.gz`), bytes);

  await expect(loadDataset(`fashion-mnist:${folder}`)).rejects.toThrow(reason);
});

test.skipIf(!existsSync(debianFolder))(
  "Fashion-MNIST from Debian's package dataset-fashion-mnist has 6,000 images of each class",
  async () => {
    const { train, test: held } = await loadDataset("fashion-mnist");

    const counts = new Array<number>(10).fill(0);
    for (const label of train.labels) counts[label] = (counts[label] ?? 0) + 1;
    // Xiao et al. 2017: 6,000 and 1,000 of every class.
    expect(counts).toEqual(new Array(10).fill(6000));
    expect(held.count).toBe(10_000);
  },
);

/** Random clips in the published numbers. */
function writeKeywords(folder: string, clips = 4890): void {
  const split = Uint8Array.from({ length: clips }, (_, i) => (i < 3351 ? 0 : i < 3806 ? 1 : 2));
  writeFileSync(join(folder, "split.u8"), split);
  writeFileSync(
    join(folder, "labels.u8"),
    Uint8Array.from(split, (_, i) => i % 12),
  );
  const features = Float32Array.from({ length: clips * 490 }, (_, i) => (i % 10) * 5 + (i % 7));
  writeFileSync(join(folder, "mfcc49x10.f32.gz"), gzipSync(Buffer.from(features.buffer)));
}

test("keywords are read with 3,806 training and 1,084 test clips, each coefficient at unit scale", async () => {
  const folder = newFolder();
  writeKeywords(folder);

  const { train, test: held, image, classes } = await loadDataset(`kws12:${folder}`);

  expect([train.count, held.count, classes]).toEqual([3806, 1084, 12]);
  expect(image).toEqual({ height: 49, width: 10, channels: 1 });
  const [batch] = batches(train, { size: 500 });
  const third = (batch?.x ?? new Float32Array()).filter((_, i) => i % 10 === 3);
  const mean = third.reduce((sum, value) => sum + value, 0) / third.length;
  const variance = third.reduce((sum, value) => sum + (value - mean) ** 2, 0) / third.length;
  expect(mean).toBeCloseTo(0, 1);
  expect(variance).toBeCloseTo(1, 1);
});

test("a fold of the keywords tests on a fifth of the speakers, who are in no other and not in its training part", async () => {
  const folder = newFolder();
  writeKeywords(folder);
  // 1,000 speakers with four clips or five; every 100th clip is nobody's, and silent ones are alike.
  const speaker = (clip: number) => (clip % 100 === 0 ? "nobody" : `speaker${clip % 1000}`);
  const names = Array.from({ length: 4890 }, (_, clip) =>
    clip % 100 === 0 ? `_silence_/${clip}.wav` : `up/${speaker(clip)}_nohash_${clip}.wav`,
  );
  writeFileSync(join(folder, "files.txt"), `${names.join("\n")}\n`);

  const folds = [];
  for (const fold of [1, 2, 3, 4, 5]) folds.push(await loadDataset(`kws12:${folder}@${fold}`));

  const tested = folds.map(({ test: held }) => new Set([...held.rows].map(speaker)));
  for (const [i, { train, test: held }] of folds.entries()) {
    expect(train.count + held.count).toBe(4890);
    expect(Math.abs(held.count - 978)).toBeLessThan(60);
    expect([...train.rows].some((clip) => tested[i]?.has(speaker(clip)))).toBe(false);
  }
  expect(tested.reduce((sum, { size }) => sum + size, 0)).toBe(991);
});

test("a fold that does not exist is refused", async () => {
  await expect(loadDataset("kws12:somewhere@6")).rejects.toThrow("There is no fold 6");
});

test("a keyword set cut short is refused with its counts", async () => {
  const folder = newFolder();
  writeKeywords(folder, 4000);

  await expect(loadDataset(`kws12:${folder}`)).rejects.toThrow(/4000, 4000.*expected 4890/);
});
