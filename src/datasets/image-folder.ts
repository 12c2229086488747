import { createHash } from "node:crypto";
import { existsSync, readdirSync, statSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { decode as decodePng } from "fast-png";
import jpeg from "jpeg-js";
import { UserError } from "../errors.ts";
import { type OnProgress, progressOf } from "../progress.ts";
import {
  type Dataset,
  type ImageShape,
  type Normalisation,
  type Split,
  wholeSplit,
} from "./dataset.ts";
import { type DecodedImage, squareThumbnail } from "./image-resize.ts";

const usualSize = 32;
const mostClasses = 256;
/** Of the images where the folder has no part of its own for testing. */
const testShare = 0.2;
/** Larger pictures are no training images: they only fill the memory. */
const limits = { maxResolutionInMP: 50, maxMemoryUsageInMB: 1024 };

interface Part {
  readonly files: readonly string[];
  readonly labels: Uint8Array;
}

/**
 * Photographs in folders named after their classes: FOLDER/train/CLASS/*.jpg and FOLDER/test/CLASS/*.jpg, or FOLDER/CLASS/*.jpg, of
 * which every class's fifth by name then tests. "FOLDER@96" asks for 96 x 96 pixels instead of 32 x 32. Decoded once: the pixels
 * are kept in `cache` until a file, its size or its date changes.
 */
export async function loadImageFolder(
  given: string | undefined,
  cache: string,
  onProgress?: OnProgress,
): Promise<Dataset> {
  const { folder, size } = placeOf(given);
  const classes = classesIn(folder);
  const { train, test } = partsOf(folder, classes);
  const files = [...train.files, ...test.files];
  const pixels = await cachedPixels(files, { folder, size, cache, onProgress });
  const image: ImageShape = { height: size, width: size, channels: 3 };
  const border = train.files.length * size * size * 3;
  const trainPixels = pixels.subarray(0, border);
  const normalisation = normalisationOf(trainPixels);
  const split = ({ labels }: Part, own: Uint8Array): Split =>
    wholeSplit({ image, normalisation, labels, pixels: own });
  return {
    name: "images",
    classes: classes.length,
    image,
    train: split(train, trainPixels),
    test: split(test, pixels.subarray(border)),
  };
}

/** How many classes a folder has, known without decoding anything. */
export const imageFolderClasses = (given: string | undefined): number =>
  classesIn(placeOf(given).folder).length;

function placeOf(given: string | undefined): { readonly folder: string; readonly size: number } {
  const [, folder = "", size = `${usualSize}`] = /^(.+?)(?:@(\d+))?$/.exec(given ?? "") ?? [];
  if (folder && Number(size) >= 1 && existsSync(folder)) return { folder, size: Number(size) };
  throw new UserError(
    given === undefined ? "images needs a folder" : `${folder || given} is no folder of images`,
    {
      hint: "Give a folder with one folder of JPEG or PNG files per class: --data images:FOLDER, or images:FOLDER@96 for 96 x 96 pixels",
      exit: "usage",
    },
  );
}

const isPicture = (name: string): boolean => /\.(jpe?g|png)$/i.test(name);

const foldersIn = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => name)
    .sort();

const hasParts = (folder: string): boolean =>
  ["train", "test"].every((part) => existsSync(join(folder, part)));

function classesIn(folder: string): readonly string[] {
  const classes = foldersIn(hasParts(folder) ? join(folder, "train") : folder);
  if (classes.length < 2 || classes.length > mostClasses)
    throw new UserError(
      `${folder} has ${classes.length} classes; expected 2 to ${mostClasses} folders of images`,
      { hint: "Put the images of each class into a folder named after it.", exit: "usage" },
    );
  return classes;
}

function partsOf(folder: string, classes: readonly string[]): { train: Part; test: Part } {
  if (hasParts(folder)) {
    const strangers = foldersIn(join(folder, "test")).filter((name) => !classes.includes(name));
    if (strangers.length > 0)
      throw new UserError(`${join(folder, "test")} has classes that train lacks: ${strangers}`, {
        hint: "Give both parts the same classes.",
        exit: "usage",
      });
    return {
      train: partOf(join(folder, "train"), classes, () => true),
      test: partOf(join(folder, "test"), classes, () => true),
    };
  }
  const every = Math.round(1 / testShare);
  return {
    train: partOf(folder, classes, (place) => place % every !== every - 1),
    test: partOf(folder, classes, (place) => place % every === every - 1),
  };
}

function partOf(
  folder: string,
  classes: readonly string[],
  isWanted: (place: number) => boolean,
): Part {
  const byClass = classes.map((name) => {
    const own = join(folder, name);
    const files = existsSync(own) ? readdirSync(own).filter(isPicture).sort() : [];
    return files.filter((_, place) => isWanted(place)).map((file) => join(own, file));
  });
  const empty = classes.filter((_, label) => byClass[label]?.length === 0);
  if (empty.length > 0)
    throw new UserError(`No images of ${empty.join(", ")} in ${folder}`, {
      hint: "Every class needs JPEG or PNG files to train and to test: five at least where one folder holds both.",
      exit: "usage",
    });
  return {
    files: byClass.flat(),
    labels: Uint8Array.from(byClass.flatMap((files, label) => files.map(() => label))),
  };
}

interface Decoding {
  readonly folder: string;
  readonly size: number;
  readonly cache: string;
  readonly onProgress?: OnProgress | undefined;
}

/** [files, size, size, 3], from the cache where the same files were decoded before. */
async function cachedPixels(files: readonly string[], decoding: Decoding): Promise<Uint8Array> {
  const { folder, size, cache } = decoding;
  const bytes = files.length * size * size * 3;
  const stored = join(cache, `${fingerprint(files, folder)}-${size}.rgb`);
  const kept = await readFile(stored).catch(() => undefined);
  if (kept?.length === bytes) return new Uint8Array(kept.buffer, kept.byteOffset, bytes);
  const pixels = await decodeAll(files, decoding);
  await mkdir(cache, { recursive: true });
  // Under its own name only when it is whole: a process may be killed at any moment.
  const unfinished = `${stored}.${process.pid}`;
  await writeFile(unfinished, pixels);
  await rename(unfinished, stored);
  return pixels;
}

function fingerprint(files: readonly string[], folder: string): string {
  const hash = createHash("sha256");
  for (const file of files) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${relative(folder, file)} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex").slice(0, 32);
}

async function decodeAll(
  files: readonly string[],
  { size, onProgress }: Decoding,
): Promise<Uint8Array> {
  const perImage = size * size * 3;
  const pixels = new Uint8Array(files.length * perImage);
  const started_ms = performance.now();
  for (const [i, file] of files.entries()) {
    pixels.set(squareThumbnail(await decodeFile(file), size), i * perImage);
    const elapsed_s = (performance.now() - started_ms) / 1e3;
    onProgress?.(progressOf("images decoded", { done: i + 1, total: files.length, elapsed_s }));
  }
  return pixels;
}

async function decodeFile(file: string): Promise<DecodedImage> {
  const bytes = await readFile(file);
  try {
    return /\.png$/i.test(file) ? fromPng(bytes) : fromJpeg(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : `${cause}`;
    throw new UserError(`${file} cannot be decoded: ${reason}`, {
      hint: "Mend or remove it.",
      cause,
    });
  }
}

function fromJpeg(bytes: Uint8Array): DecodedImage {
  const { width, height, data } = jpeg.decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    ...limits,
  });
  return { height, width, channels: 3, pixels: data };
}

function fromPng(bytes: Uint8Array): DecodedImage {
  const { width, height, channels, depth, data } = decodePng(bytes);
  if (depth !== 8) throw new Error(`${depth} bits per channel, expected 8`);
  return { height, width, channels, pixels: Uint8Array.from(data) };
}

/** Per channel over all pixels, on a scale of 0 to 1. */
function normalisationOf(pixels: Uint8Array): Normalisation {
  const count = pixels.length / 3;
  const moments = [0, 1, 2].map((channel) => {
    let [sum, squares] = [0, 0];
    for (let i = channel; i < pixels.length; i += 3) {
      const value = (pixels[i] ?? 0) / 255;
      sum += value;
      squares += value * value;
    }
    const mean = sum / count;
    return { mean, deviation: Math.sqrt(Math.max(0, squares / count - mean * mean)) || 1 };
  });
  return {
    mean: moments.map(({ mean }) => mean),
    deviation: moments.map(({ deviation }) => deviation),
  };
}
