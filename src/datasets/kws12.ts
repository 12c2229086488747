import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { UserError } from "../errors.ts";
import { readDataFile } from "./checked-file.ts";
import { type Dataset, type ImageShape, pick, wholeSplit } from "./dataset.ts";

/** Clips, and how many of them each part holds. */
const clips = 4890;
const parts = { training: 3351, validation: 455, testing: 1084 } as const;
const frames = 49;
const coefficients = 10;
const image: ImageShape = { height: frames, width: coefficients, channels: 1 };
const classes = 12;

/**
 * Keywords as MFCCs: 49 frames of 10 coefficients, 12 classes, speakers of the test part in no other. From a folder with
 * labels.u8, split.u8 and mfcc49x10.f32.gz. The training and validation parts are both training data here.
 */
export async function loadKws12(folder: string): Promise<Dataset> {
  const hint = "Give the folder of labels.u8, split.u8 and mfcc49x10.f32.gz: --data kws12:FOLDER";
  const read = (name: string) => readDataFile(join(folder, name), hint);
  const labels = await read("labels.u8");
  const split = await read("split.u8");
  const features = floatsOf(await read("mfcc49x10.f32.gz"), folder);
  requireCounts(folder, { labels, split, features });
  const isTest = (clip: number) => split[clip] === 2;
  const all = [...split.keys()];
  const train = all.filter((clip) => !isTest(clip));
  const whole = wholeSplit({
    image,
    normalisation: { mean: [0.5], deviation: [1 / (2 * reach)] },
    labels: Uint8Array.from(labels),
    pixels: quantised(features, train),
  });
  return {
    name: "kws12",
    classes,
    image,
    train: pick(whole, train),
    test: pick(whole, all.filter(isTest)),
  };
}

function floatsOf(packed: Uint8Array, folder: string): Float32Array {
  try {
    // Copied, since what gunzip returns need not be aligned to 4 bytes.
    return new Float32Array(Uint8Array.from(gunzipSync(packed)).buffer);
  } catch (cause) {
    throw new UserError(`${join(folder, "mfcc49x10.f32.gz")} is no whole gzip of floats`, {
      hint: "Take it from its source again.",
      cause,
    });
  }
}

function requireCounts(
  folder: string,
  {
    labels,
    split,
    features,
  }: {
    readonly labels: Uint8Array;
    readonly split: Uint8Array;
    readonly features: Float32Array;
  },
): void {
  const size = (part: number) => split.filter((own) => own === part).length;
  const found = [
    labels.length,
    features.length / (frames * coefficients),
    size(0),
    size(1),
    size(2),
  ];
  const expected = [clips, clips, parts.training, parts.validation, parts.testing];
  const isWhole = labels.every((label) => label < classes) && features.every(Number.isFinite);
  if (isWhole && found.every((count, i) => count === expected[i])) return;
  throw new UserError(
    `${folder} is not the 12-keyword set: labels, clips, training, validation and test clips are ${found.join(", ")}, expected ${expected.join(", ")}`,
    { hint: "Take all three files from one source." },
  );
}

/** Standard deviations on either side of the mean that the 256 levels cover. */
const reach = 4;

/** Each coefficient in 256 levels around its mean over the training clips, as 8-bit devices read them. */
function quantised(features: Float32Array, train: readonly number[]): Uint8Array {
  const scales = Array.from({ length: coefficients }, (_, c) => scaleOf(features, train, c));
  return Uint8Array.from(features, (value, i) => {
    const { mean = 0, deviation = 1 } = scales[i % coefficients] ?? {};
    const level = 127.5 + ((value - mean) / deviation) * (127.5 / reach);
    return Math.round(Math.min(255, Math.max(0, level)));
  });
}

function scaleOf(features: Float32Array, train: readonly number[], coefficient: number) {
  let [sum, squares] = [0, 0];
  const count = train.length * frames;
  for (const clip of train)
    for (let frame = 0; frame < frames; frame++) {
      const value = features[(clip * frames + frame) * coefficients + coefficient] ?? 0;
      sum += value;
      squares += value ** 2;
    }
  const mean = sum / count;
  return { mean, deviation: Math.sqrt(squares / count - mean ** 2) };
}
