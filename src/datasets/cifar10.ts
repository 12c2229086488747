import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { type Dataset, type ImageShape, type Split, wholeSplit } from "./dataset.ts";

/** One of the official binary files: records of a label byte, then the red, green and blue plane. */
export interface Cifar10File {
  readonly name: string;
  readonly md5: string;
}

/** The five training files and the test file, with the sums of the official archive. */
export const cifar10Files: readonly Cifar10File[] = [
  { name: "data_batch_1.bin", md5: "5dd7e06a14cb22eb9f671a540d1b7c25" },
  { name: "data_batch_2.bin", md5: "5ea93a67294ea407fff1d09f752e9692" },
  { name: "data_batch_3.bin", md5: "942cd6a4bcdd0dd3c604fbe906cb4421" },
  { name: "data_batch_4.bin", md5: "ae636b3ba5c66a11e91e8cb52e771fcb" },
  { name: "data_batch_5.bin", md5: "53f37980c15c3d472c316c40844f3f0d" },
  { name: "test_batch.bin", md5: "803d5f7f4d78ea53de84dbe85f74fb6d" },
];

const image: ImageShape = { height: 32, width: 32, channels: 3 };
/** Mean and standard deviation of the training pixels, per channel. */
const normalisation = { mean: [0.4914, 0.4822, 0.4465], deviation: [0.247, 0.2435, 0.2616] };
const imagesPerFile = 10_000;
const planeSize = image.height * image.width;
const recordSize = 1 + planeSize * image.channels;

/** CIFAR-10: 50,000 + 10,000 images of 32x32x3, from a folder with the official binary files. */
export async function loadCifar10(folder: string): Promise<Dataset> {
  const files: Uint8Array[] = [];
  for (const { name } of cifar10Files) files.push(await readRecords(join(folder, name)));
  const train = splitOfRecords(files.slice(0, -1));
  const test = splitOfRecords(files.slice(-1));
  return { name: "cifar10", classes: 10, image, train, test };
}

/** Turns records (label, planes) into NHWC bytes. */
export function splitOfRecords(files: readonly Uint8Array[]): Split {
  const count = files.reduce((sum, file) => sum + file.length / recordSize, 0);
  const labels = new Uint8Array(count);
  const pixels = new Uint8Array(count * planeSize * image.channels);
  let example = 0;
  for (const file of files) {
    for (let start = 0; start < file.length; start += recordSize) {
      labels[example] = file[start] ?? 0;
      const planes = file.subarray(start + 1, start + recordSize);
      interleave(planes, pixels.subarray(example * planes.length, (example + 1) * planes.length));
      example++;
    }
  }
  return wholeSplit({ image, normalisation, labels, pixels });
}

function interleave(planes: Uint8Array, to: Uint8Array): void {
  let index = 0;
  for (let pixel = 0; pixel < planeSize; pixel++) {
    for (let plane = pixel; plane < planes.length; plane += planeSize) {
      to[index++] = planes[plane] ?? 0;
    }
  }
}

async function readRecords(file: string): Promise<Uint8Array> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new UserError(`Cannot read ${file}: CIFAR-10 is not fetched yet`, {
      hint: "Fetch it once: wattsplit data fetch cifar10",
      exit: "usage",
      cause,
    });
  });
  if (bytes.length !== imagesPerFile * recordSize) {
    const expected = imagesPerFile * recordSize;
    throw new UserError(`${file} has ${bytes.length} bytes, expected ${expected}`, {
      hint: "Fetch it again: wattsplit data fetch cifar10",
    });
  }
  return bytes;
}
