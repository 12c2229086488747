import { expect, test } from "vitest";
import {
  batches,
  datasetClasses,
  datasetNames,
  datasetsFolder,
  loadDataset,
} from "../../src/datasets/index.ts";

test("every data set has as many classes as its entry says before it is loaded", async () => {
  for (const name of ["mnist", "synthetic"])
    expect((await loadDataset(name)).classes).toBe(datasetClasses(name));
  expect(datasetNames.filter((name) => name !== "images").map(datasetClasses)).toEqual([
    10, 10, 10, 100, 12, 4,
  ]);
});

test("a folder after a colon is where the files are looked for", async () => {
  await expect(loadDataset("cifar100:/no/where")).rejects.toMatchObject({
    message: "Cannot read /no/where/train.bin",
    hint: expect.stringContaining("--data cifar100:FOLDER"),
    exit: "usage",
  });
});

test("an unknown data set is a usage error that lists the nearest name first", async () => {
  await expect(loadDataset("cifar")).rejects.toMatchObject({
    message: 'No data set "cifar"',
    hint: expect.stringMatching(/^Known: cifar10/),
    exit: "usage",
  });
});

test("a name that objects inherit is unknown too", async () => {
  await expect(loadDataset("toString")).rejects.toThrow('No data set "toString"');
});

test("CIFAR-10 that was not fetched is a usage error whose hint is the command that fetches it", async () => {
  await expect(loadDataset("cifar10", { folder: "/nowhere" })).rejects.toMatchObject({
    hint: expect.stringContaining("wattsplit data fetch cifar10"),
    exit: "usage",
  });
});

test("$WATTSPLIT_DATA chooses the folder of fetched data sets", () => {
  expect(datasetsFolder({ WATTSPLIT_DATA: "/data" })).toBe("/data");
  expect(datasetsFolder({})).toMatch(/\.cache.wattsplit$/);
});

test("the synthetic data set is the same on every load and its quadrants can be told apart", async () => {
  const [one, two] = [await loadDataset("synthetic"), await loadDataset("synthetic")];

  expect(one.train.pixels).toEqual(two.train.pixels);
  expect(one.image).toEqual({ height: 8, width: 8, channels: 1 });
  const [batch] = batches(one.test, { size: one.test.count });
  const right = Array.from(batch?.y ?? []).filter(
    (label, example) =>
      brightestQuadrant(batch?.x.subarray(example * 64, example * 64 + 64)) === label,
  );
  expect(right.length / one.test.count).toBeGreaterThan(0.9);
});

function brightestQuadrant(pixels: Float32Array | undefined): number {
  const sums = [0, 0, 0, 0];
  for (const [index, value] of (pixels ?? new Float32Array()).entries()) {
    const quadrant = (index < 32 ? 0 : 2) + (index % 8 < 4 ? 0 : 1);
    sums[quadrant] = (sums[quadrant] ?? 0) + value;
  }
  return sums.indexOf(Math.max(...sums));
}
