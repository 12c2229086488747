import { join } from "node:path";
import { readDataFile, requireMd5 } from "./checked-file.ts";
import { cifarImage, planesToPixels } from "./cifar10-records.ts";
import { type Dataset, type Split, wholeSplit } from "./dataset.ts";

/** MD5 of the files in the official binary version. */
const sums = {
  "train.bin": "6172c7755cfe09b2fe270c85cebc1b15",
  "test.bin": "4499cfba6c016c1be1438163640a0898",
} as const;

/** CIFAR-100: 50,000 + 10,000 images of 32x32x3 in 100 fine classes, from the folder with train.bin and test.bin. */
export async function loadCifar100(folder: string): Promise<Dataset> {
  const [train, test] = await Promise.all([
    readSplit(folder, "train.bin"),
    readSplit(folder, "test.bin"),
  ]);
  return { name: "cifar100", classes: 100, image: cifarImage, train, test };
}

/** Mean and standard deviation of the training pixels, per channel. */
const normalisation = { mean: [0.5071, 0.4865, 0.4409], deviation: [0.2673, 0.2564, 0.2762] };

async function readSplit(folder: string, name: keyof typeof sums): Promise<Split> {
  const file = join(folder, name);
  const bytes = await readDataFile(
    file,
    "Give the folder of the official binary files train.bin and test.bin: --data cifar100:FOLDER",
  );
  requireMd5(bytes, sums[name], file);
  return splitOfCifar100(bytes);
}

/** Coarse and fine label, then the red, green and blue plane. */
export function splitOfCifar100(records: Uint8Array): Split {
  const imageSize = cifarImage.height * cifarImage.width * cifarImage.channels;
  const recordSize = 2 + imageSize;
  const count = records.length / recordSize;
  const labels = new Uint8Array(count);
  const pixels = new Uint8Array(count * imageSize);
  for (let example = 0; example < count; example++) {
    const start = example * recordSize;
    labels[example] = records[start + 1] ?? 0;
    pixels.set(
      planesToPixels(records.subarray(start + 2, start + recordSize)),
      example * imageSize,
    );
  }
  return wholeSplit({ image: cifarImage, normalisation, labels, pixels });
}
