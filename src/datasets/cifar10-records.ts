import { decode } from "fast-png";
import { UserError } from "../errors.ts";
import { type ImageShape, type Split, wholeSplit } from "./dataset.ts";

export const cifarImage: ImageShape = { height: 32, width: 32, channels: 3 };
/** Mean and standard deviation of the training pixels, per channel. */
const normalisation = { mean: [0.4914, 0.4822, 0.4465], deviation: [0.247, 0.2435, 0.2616] };
const planeSize = cifarImage.height * cifarImage.width;
const imageSize = planeSize * cifarImage.channels;

/** Bytes of one record in the official binary files: a label, then the red, green and blue plane. */
export const recordSize = 1 + imageSize;

/** Reads whole official files, one after another, into one split of NHWC bytes. */
export function splitOfRecords(files: readonly Uint8Array[]): Split {
  const count = files.reduce((sum, file) => sum + file.length / recordSize, 0);
  const labels = new Uint8Array(count);
  const pixels = new Uint8Array(count * imageSize);
  let example = 0;
  for (const file of files) {
    for (let start = 0; start < file.length; start += recordSize) {
      labels[example] = file[start] ?? 0;
      const planes = file.subarray(start + 1, start + recordSize);
      pixels.set(planesToPixels(planes), example * imageSize);
      example++;
    }
  }
  return wholeSplit({ image: cifarImage, normalisation, labels, pixels });
}

/**
 * Official records from a lossless PNG with one image in each row of 1024 RGB pixels.
 * `name` is the file blamed in the UserError when the picture is not of that kind.
 */
export function recordsFromPng(
  png: Uint8Array,
  labels: readonly number[],
  name: string,
): Uint8Array {
  const { width, height, channels, depth, data } = decode(png);
  if (width !== planeSize || channels !== cifarImage.channels || depth !== 8) {
    throw unexpectedPicture(
      name,
      `${width} pixels wide with ${channels} channels of ${depth} bits`,
    );
  }
  if (height !== labels.length) {
    throw unexpectedPicture(name, `${height} images for ${labels.length} labels`);
  }
  const records = new Uint8Array(height * recordSize);
  for (const [example, label] of labels.entries()) {
    const row = data.subarray(example * imageSize, (example + 1) * imageSize);
    records[example * recordSize] = label;
    records.set(planesOf(row), example * recordSize + 1);
  }
  return records;
}

function unexpectedPicture(name: string, found: string): UserError {
  return new UserError(`${name} is ${found}, expected one image of 1024 RGB pixels per row`, {
    hint: "Remove the download folder and fetch again",
  });
}

/** One image as it stands in the official files, as NHWC. */
export function planesToPixels(planes: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(imageSize);
  let index = 0;
  for (let pixel = 0; pixel < planeSize; pixel++) {
    for (let at = pixel; at < imageSize; at += planeSize) pixels[index++] = planes[at] ?? 0;
  }
  return pixels;
}

function planesOf(pixels: ArrayLike<number>): Uint8Array {
  const planes = new Uint8Array(imageSize);
  let index = 0;
  for (let pixel = 0; pixel < planeSize; pixel++) {
    for (let at = pixel; at < imageSize; at += planeSize) planes[at] = pixels[index++] ?? 0;
  }
  return planes;
}
