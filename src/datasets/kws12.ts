import { createHash } from "node:crypto";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { UserError } from "../errors.ts";
import { seededRandom, shuffled } from "../random.ts";
import { readDataFile } from "./checked-file.ts";
import { type Dataset, type ImageShape, pick, wholeSplit } from "./dataset.ts";

/** Clips, and how many of them each part holds. */
const clips = 4890;
const parts = { training: 3351, validation: 455, testing: 1084 } as const;
const frames = 49;
const coefficients = 10;
const image: ImageShape = { height: frames, width: coefficients, channels: 1 };
const classes = 12;

/** Of the cross-validation: speakers of each are in no other. */
export const kwsFolds = 5;

/**
 * Keywords as MFCCs: 49 frames of 10 coefficients, 12 classes, speakers of the test part in no other. From a folder with
 * labels.u8, split.u8 and mfcc49x10.f32.gz. The training and validation parts are both training data here. "FOLDER@2" tests
 * on the second fifth of all speakers instead, by the names in files.txt, and trains on the others; "@2" alone looks in `usual`.
 */
export async function loadKws12(given: string | undefined, usual: string): Promise<Dataset> {
  const { folder, fold } = placeOf(given, usual);
  const hint = `Give the folder of labels.u8, split.u8, files.txt and mfcc49x10.f32.gz, --data kws12:FOLDER, or put them into ${usual}`;
  const read = (name: string) => readDataFile(join(folder, name), hint);
  const labels = await read("labels.u8");
  const split = await read("split.u8");
  const features = floatsOf(await read("mfcc49x10.f32.gz"), folder);
  requireCounts(folder, { labels, split, features });
  const names = fold === undefined ? undefined : namesOf(await read("files.txt"), folder);
  const folds = names && foldsOf(names, features);
  const isTest = (clip: number) => (folds ? folds[clip] === fold : split[clip] === 2);
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

interface Place {
  readonly folder: string;
  /** From 1 on. */
  readonly fold?: number;
}

function placeOf(given: string | undefined, usual: string): Place {
  const [, folder = "", fold] = /^(.*?)(?:@(\d+))?$/.exec(given ?? "") ?? [];
  const place = { folder: folder || usual };
  if (fold === undefined) return place;
  if (Number(fold) < 1 || Number(fold) > kwsFolds)
    throw new UserError(`There is no fold ${fold} of the keywords`, {
      hint: `Folds are 1 to ${kwsFolds}: --data kws12:FOLDER@1`,
      exit: "usage",
    });
  return { ...place, fold: Number(fold) };
}

function namesOf(file: Uint8Array, folder: string): readonly string[] {
  const names = new TextDecoder().decode(file).trimEnd().split("\n");
  if (names.length === clips) return names;
  throw new UserError(
    `${join(folder, "files.txt")} names ${names.length} clips, expected ${clips}`,
    { hint: "Take all files from one source." },
  );
}

/**
 * The fold of every clip, from 1 on: a speaker's clips are in one, "up/a8e25ebb_nohash_0.wav" is speaker a8e25ebb's. Clips of
 * nobody (silence) are together where they are the same.
 */
function foldsOf(names: readonly string[], features: Float32Array): readonly number[] {
  const size = frames * coefficients;
  const speakers = names.map(
    (name, clip) =>
      /([^/]+)_nohash_/.exec(name)?.[1] ??
      createHash("sha256")
        .update(new Uint8Array(features.slice(clip * size, (clip + 1) * size).buffer))
        .digest("hex"),
  );
  const drawn = shuffled([...new Set(speakers)].sort(), seededRandom(0));
  const folds = new Map(drawn.map((speaker, i) => [speaker, 1 + (i % kwsFolds)]));
  return speakers.map((speaker) => folds.get(speaker) ?? 0);
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
