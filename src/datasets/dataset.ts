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
  /** `[count]`: class of each example. */
  readonly labels: Uint8Array;
  /** `[count]`: which image of `pixels` each example is. */
  readonly rows: Uint32Array;
  /** [images, height, width, channels], shared between splits. */
  readonly pixels: Uint8Array;
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
    labels: Uint8Array.from(positions, (position) => split.labels[position] ?? 0),
    rows: Uint32Array.from(positions, (position) => split.rows[position] ?? 0),
  };
}

/** Draws `fraction` of the examples as a held-out part; the two parts are disjoint and together the whole. */
export function splitOff(
  split: Split,
  fraction: number,
  random: Random,
): { readonly rest: Split; readonly heldOut: Split } {
  const order = shuffled(split.labels.keys(), random);
  const heldOut = Math.round(split.count * fraction);
  return { rest: pick(split, order.slice(heldOut)), heldOut: pick(split, order.slice(0, heldOut)) };
}
