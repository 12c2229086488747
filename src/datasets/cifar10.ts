import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { cifarImage, recordSize, splitOfRecords } from "./cifar10-records.ts";
import type { Dataset } from "./dataset.ts";

const trainFiles = [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`);
const testFile = "test_batch.bin";
const imagesPerFile = 10_000;

/** CIFAR-10: 50,000 + 10,000 images of 32x32x3, from a folder with the official binary files. */
export async function loadCifar10(folder: string): Promise<Dataset> {
  const files: Uint8Array[] = [];
  for (const name of trainFiles) files.push(await readRecords(join(folder, name)));
  const train = splitOfRecords(files);
  const test = splitOfRecords([await readRecords(join(folder, testFile))]);
  return { name: "cifar10", classes: 10, image: cifarImage, train, test };
}

async function readRecords(file: string): Promise<Uint8Array> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new UserError(`Cannot read ${file}: CIFAR-10 is not fetched yet`, {
      hint: "Fetch it once: wattsplit data fetch cifar10",
      exit: "usage",
      cause,
    });
  });
  const expected = imagesPerFile * recordSize;
  if (bytes.length !== expected) {
    throw new UserError(`${file} has ${bytes.length} bytes, expected ${expected}`, {
      hint: "Fetch it again: wattsplit data fetch cifar10",
    });
  }
  return bytes;
}
