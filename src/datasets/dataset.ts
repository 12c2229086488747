import { type Random, shuffled } from "../random.ts";

/** Size of one image in pixels and channels. */
export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Per channel, on pixels scaled to 0..1: x = (pixel / 255 - mean) / deviation. */
export interface Normalisation {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/**
 * Labelled images. Pixels stay bytes and are normalised batch by batch; splits of one data set share them.
 * Read images through `batches`, which knows the rows.
 */
export interface Split {
  readonly count: number;
  readonly image: ImageShape;
  readonly normalisation: Normalisation;
  /** `[count * answers]`: class of each example, or of each of its answers, -1 where that is not known. */
  readonly labels: Uint8Array | Int16Array;
  /** Of one example: the nodes of a graph; 1 when absent. */
  readonly answers?: number;
  /** `[count]`: which image of `pixels` each example is. */
  readonly rows: Uint32Array;
  /** [images, height, width, channels], shared between splits; floats are read as they are. */
  readonly pixels: Uint8Array | Float32Array;
}

export interface Dataset {
  readonly name: string;
  readonly classes: number;
  readonly image: ImageShape;
  readonly train: Split;
  readonly test: Split;
}

/** All images in the order stored. Lengths must agree: readers check their files before. */
export function wholeSplit(
  parts: Pick<Split, "image" | "normalisation" | "labels" | "pixels">,
): Split {
  const { height, width, channels } = parts.image;
  const count = parts.labels.length;
  if (parts.pixels.length !== count * height * width * channels) {
    throw new Error(`${parts.pixels.length} pixels for ${count} labels`);
  }
  return { ...parts, count, rows: Uint32Array.from({ length: count }, (_, row) => row) };
}

/** The examples at these positions, in this order. */
export function pick(split: Split, positions: readonly number[]): Split {
  return {
    ...split,
    count: positions.length,
    labels: pickedLabels(split, positions),
    rows: Uint32Array.from(positions, (position) => split.rows[position] ?? 0),
  };
}

function pickedLabels(
  { labels, answers = 1 }: Split,
  positions: readonly number[],
): Split["labels"] {
  const count = positions.length * answers;
  const picked = labels instanceof Uint8Array ? new Uint8Array(count) : new Int16Array(count);
  for (const [i, position] of positions.entries())
    picked.set(labels.subarray(position * answers, (position + 1) * answers), i * answers);
  return picked;
}

/** Draws `fraction` of the examples as a held-out part; the two parts are disjoint and together the whole. */
export function splitOff(
  split: Split,
  fraction: number,
  random: Random,
): { readonly rest: Split; readonly heldOut: Split } {
  const order = shuffled(split.rows.keys(), random);
  const heldOut = Math.round(split.count * fraction);
  return { rest: pick(split, order.slice(heldOut)), heldOut: pick(split, order.slice(0, heldOut)) };
}
