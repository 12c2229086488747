import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { encode as encodePng } from "fast-png";
import { expect, test } from "vitest";
import { squareThumbnail } from "../../src/datasets/image-resize.ts";
import { datasetClasses, loadDataset } from "../../src/datasets/index.ts";

const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), "images-"));

/**
 * 24 x 16 pixels in three columns of 8: red (200, 40, 40), green (40, 200, 40), blue (40, 40, 200). Written by Pillow 10
 * (libjpeg-turbo), quality 95, without subsampling.
 */
const stripes = Buffer.from(
  [
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYG",
    "CAsICQoKCgoKBggLDAsKDAkKCgr/2wBDAQICAgICAgUDAwUKBwYHCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoK",
    "CgoKCgoKCgoKCgoKCgoKCgoKCgr/wAARCAAQABgDAREAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcI",
    "CQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRol",
    "JicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ip",
    "qrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAA",
    "AAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLR",
    "ChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaX",
    "mJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEA",
    "PwD5fr8TP9QD64r8XP8AmzPzPr/oUP7YPeK/xTP9dD64r8XP+bM/M+v+hQ/tg//Z",
  ].join(""),
  "base64",
);

/** One colour all over. */
const png = (colour: readonly [number, number, number]): Uint8Array =>
  encodePng({
    width: 5,
    height: 4,
    channels: 3,
    depth: 8,
    data: Uint8Array.from({ length: 60 }, (_, i) => colour[i % 3] ?? 0),
  });

function folderOf(files: Readonly<Record<string, Uint8Array>>): string {
  const folder = temporaryFolder();
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  return folder;
}

const red = png([255, 0, 0]);
const blue = png([0, 0, 255]);

test("a photograph becomes its middle square, every pixel the mean of the area it covers", async () => {
  const folder = folderOf({
    "train/stripes/a.jpg": stripes,
    "train/plain/a.png": red,
    "test/stripes/a.jpeg": stripes,
    "test/plain/a.PNG": blue,
  });

  const { train, image, classes } = await loadDataset(`images:${folder}@4`, {
    folder: temporaryFolder(),
  });

  expect({ image, classes }).toEqual({ image: { height: 4, width: 4, channels: 3 }, classes: 2 });
  expect([...train.labels]).toEqual([0, 1]);
  // Classes go by name: plain, stripes. The middle 16 columns are 4 red, 8 green, 4 blue ones: 1, 2 and 1 of 4.
  const middleRow = train.pixels.subarray(48 + 12, 48 + 24);
  const expected = [200, 40, 40, 40, 200, 40, 40, 200, 40, 40, 40, 200];
  for (const [i, value] of expected.entries())
    expect(Math.abs((middleRow[i] ?? 0) - value)).toBeLessThanOrEqual(3);
});

test("without train and test folders every fifth image of a class by name tests", async () => {
  const names = ["a", "b", "c", "d", "e", "f"];
  const folder = folderOf(
    Object.fromEntries(
      names.flatMap((name) => [
        [`blue/${name}.png`, blue],
        [`red/${name}.png`, name === "e" ? blue : red],
      ]),
    ),
  );

  const { train, test: held } = await loadDataset(`images:${folder}@1`, {
    folder: temporaryFolder(),
  });

  expect(train.count).toBe(10);
  expect([...held.labels]).toEqual([0, 1]);
  expect([...held.pixels]).toEqual([0, 0, 255, 0, 0, 255]);
  expect(datasetClasses(`images:${folder}`)).toBe(2);
});

test("images are decoded once, and again when one of them changes", async () => {
  const cache = temporaryFolder();
  const folder = folderOf({
    "train/a/1.png": red,
    "train/b/1.png": blue,
    "test/a/1.png": red,
    "test/b/1.png": blue,
  });
  let decoded = 0;
  const load = () =>
    loadDataset(`images:${folder}@2`, { folder: cache, onProgress: () => decoded++ });

  const first = await load();
  const again = await load();
  expect(decoded).toBe(4);
  expect(again.train.pixels).toEqual(first.train.pixels);
  expect(again.train.normalisation).toEqual(first.train.normalisation);

  writeFileSync(join(folder, "train/a/1.png"), png([0, 9, 0]));
  const changed = await load();
  expect(decoded).toBe(8);
  expect([...changed.train.pixels.subarray(0, 3)]).toEqual([0, 9, 0]);
  expect(readdirSync(join(cache, "images")).every((name) => name.endsWith(".rgb"))).toBe(true);
});

test("pixels are normalised by the training images' own mean and deviation", async () => {
  const folder = folderOf({
    "train/a/1.png": png([255, 0, 51]),
    "train/b/1.png": png([0, 0, 153]),
    "test/a/1.png": red,
    "test/b/1.png": red,
  });
  const { train } = await loadDataset(`images:${folder}@1`, { folder: temporaryFolder() });

  const { mean, deviation } = train.normalisation;
  expect(mean.map((value) => value.toFixed(3))).toEqual(["0.500", "0.000", "0.400"]);
  // A channel without variation is left as it is.
  expect(deviation.map((value) => value.toFixed(3))).toEqual(["0.500", "1.000", "0.200"]);
});

test.each([
  ["images", /images needs a folder/],
  ["images:/no/where", /\/no\/where is no folder of images/],
])("%s is a usage error that shows how to give a folder", async (name, message) => {
  await expect(loadDataset(name)).rejects.toMatchObject({
    message: expect.stringMatching(message),
    hint: expect.stringContaining("images:FOLDER@96"),
    exit: "usage",
  });
});

test("a class without images, a stranger among the test classes and a broken file are named", async () => {
  const cache = { folder: temporaryFolder() };
  const whole = { "train/a/1.png": red, "train/b/1.png": blue, "test/a/1.png": red };
  await expect(
    loadDataset(`images:${folderOf({ ...whole, "test/b/notes.txt": red })}`, cache),
  ).rejects.toThrow(/No images of b in .*test/);
  await expect(
    loadDataset(`images:${folderOf({ ...whole, "test/c/1.png": red })}`, cache),
  ).rejects.toThrow(/classes that train lacks: c/);
  const broken = folderOf({ ...whole, "test/b/1.jpg": stripes.subarray(0, 200) });
  await expect(loadDataset(`images:${broken}`, cache)).rejects.toThrow(
    /test.b.1.jpg cannot be decoded/,
  );
  const lone = folderOf({ "a/1.png": red });
  await expect(loadDataset(`images:${lone}`, cache)).rejects.toThrow(/has 1 classes/);
});

test("an image of one colour keeps it at every size, larger or smaller", () => {
  const side = fc.integer({ min: 1, max: 40 });
  const colour = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255));
  fc.assert(
    fc.property(side, side, side, colour, (height, width, size, own) => {
      const pixels = Uint8Array.from({ length: height * width * 3 }, (_, i) => own[i % 3] ?? 0);
      const thumbnail = squareThumbnail({ height, width, channels: 3, pixels }, size);
      expect(thumbnail).toHaveLength(size * size * 3);
      expect(thumbnail.every((value, i) => value === own[i % 3])).toBe(true);
    }),
    { numRuns: 60 },
  );
});
