import { readFileSync } from "node:fs";
import { activationRanges } from "../devices/activation-ranges.ts";
import { searchFile } from "../src/app/workflows/search-folder.ts";
import { batches } from "../src/datasets/batches.ts";
import { loadDataset, type Split } from "../src/datasets/index.ts";
import { exportTflite } from "../src/network/export-tflite.ts";
import { readNetworkFile } from "../src/network/network-file.ts";
import { encodeTflite, quantized } from "../src/tflite/index.ts";
import { loadCheckpoint } from "../src/training/checkpoint.ts";
import { type LiteRt, openLiteRt } from "../test/support/litert.ts";

const calibrationImages = 500;
const perCall = 500;

/**
 * `npm run bench -- quantized FOLDER [SET]`: accuracy on the test images of SET (mnist) of what `train` or `search` left in the
 * folder, by Google's own reader of .tflite files: its network.tflite, and the same weights in full int8.
 */
export async function run([folder = "", set = "mnist"]: readonly string[]): Promise<void> {
  const network = readNetworkFile(searchFile(folder, "network"));
  const { arrays: weights } = loadCheckpoint(searchFile(folder, "weights"));
  const { train, test } = await loadDataset(set);
  const [calibration] = batches(train, { size: calibrationImages });
  const ranges = await activationRanges(network, weights, calibration?.x ?? new Float32Array());
  const int8 = quantized(exportTflite(network, weights), ranges, { ends: "float32" });
  const models = {
    float32: new Uint8Array(readFileSync(searchFile(folder, "tflite"))),
    int8: encodeTflite(int8),
  };
  const liteRt = await openLiteRt();
  try {
    const { height, width, channels } = network.input;
    const shape = [1, height, width, channels];
    const answers = {
      float32: await classes(liteRt, models.float32, test, shape),
      int8: await classes(liteRt, models.int8, test, shape),
    };
    for (const [precision, answer] of Object.entries(answers)) {
      const right = answer.filter((label, i) => label === test.labels[i]).length;
      const share = `${((100 * right) / test.count).toFixed(2)} % of ${test.count} images right`;
      console.log(
        `${precision}: ${share}, ${models[precision as keyof typeof models].length} bytes`,
      );
    }
    const others = answers.int8.filter((label, i) => label !== answers.float32[i]).length;
    console.log(`${others} images in another class by int8 than by float32`);
  } finally {
    await liteRt.close();
  }
}

/** The likeliest class of every image. */
async function classes(
  liteRt: LiteRt,
  model: Uint8Array,
  split: Split,
  shape: readonly number[],
): Promise<readonly number[]> {
  const found: number[] = [];
  for (const { x, count } of batches(split, { size: perCall })) {
    const outputs = await liteRt.run(model, x, shape);
    const size = outputs.length / count;
    for (let i = 0; i < count; i++) {
      const own = outputs.slice(i * size, (i + 1) * size);
      found.push(own.indexOf(Math.max(...own)));
    }
  }
  return found;
}
