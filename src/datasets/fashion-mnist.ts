import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { UserError } from "../errors.ts";
import { readDataFile, requireMd5 } from "./checked-file.ts";
import { type Dataset, type Split, wholeSplit } from "./dataset.ts";
import { parseIdx } from "./idx.ts";

/** Where Debian's package dataset-fashion-mnist puts the four files. */
export const debianFolder = "/usr/share/datasets/fashion-mnist";

/** MD5 of the unpacked files: archives differ in how they were packed. */
const sums = {
  "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
  "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
  "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
  "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
} as const;

/** Fashion-MNIST (Xiao et al. 2017): 60,000 + 10,000 images of 28x28x1, from a folder with the four .gz files. */
export async function loadFashionMnist(folder: string): Promise<Dataset> {
  const [train, test] = await Promise.all([readSplit(folder, "train"), readSplit(folder, "t10k")]);
  return { name: "fashion-mnist", classes: 10, image: train.image, train, test };
}

/** Mean and standard deviation of the training pixels. */
const normalisation = { mean: [0.286], deviation: [0.353] };

async function readSplit(folder: string, part: "train" | "t10k"): Promise<Split> {
  const images = parseIdx(...(await unpacked(folder, `${part}-images-idx3-ubyte`)), 3);
  const labels = parseIdx(...(await unpacked(folder, `${part}-labels-idx1-ubyte`)), 1);
  const [, height = 0, width = 0] = images.shape;
  return wholeSplit({
    image: { height, width, channels: 1 },
    normalisation,
    labels: labels.values,
    pixels: images.values,
  });
}

async function unpacked(folder: string, name: keyof typeof sums): Promise<[Uint8Array, string]> {
  const file = join(folder, `${name}.gz`);
  const packed = await readDataFile(
    file,
    "Install Debian's package dataset-fashion-mnist, or give the folder of the four .gz files: --data fashion-mnist:FOLDER",
  );
  const bytes = unzipped(packed, file);
  requireMd5(bytes, sums[name], file);
  return [bytes, file];
}

function unzipped(packed: Uint8Array, file: string): Uint8Array {
  try {
    return gunzipSync(packed);
  } catch (cause) {
    throw new UserError(`${file} is not a whole gzip archive`, {
      hint: "Take it from its source again.",
      cause,
    });
  }
}
