import { type Random, shuffled } from "../random.ts";
import type { ImageShape, Normalisation, Split } from "./dataset.ts";

/**
 * - `crop-flip`: a random crop after padding 4 black pixels, mirrored half of the time (CIFAR)
 * - `shift`: moved by up to 2 pixels, never mirrored (digits)
 */
export type Augmentation = "crop-flip" | "shift";

export interface Batch {
  /** [count, height, width, channels], normalised. */
  readonly x: Float32Array;
  /** [count * answers]: class of each example, or of each of its answers, -1 where that is not known. */
  readonly y: Int32Array;
  readonly count: number;
}

export interface BatchOptions {
  readonly size: number;
  /** Shuffles, and drives augmentation; without it the order is the split's own. */
  readonly random?: Random;
  readonly augment?: Augmentation | undefined;
  /** Leaves out a last batch that is not full. */
  readonly dropLast?: boolean;
}

/** One pass over the split. Every batch owns fresh arrays, so a consumer may keep or transfer them. */
export function* batches(split: Split, options: BatchOptions): Generator<Batch, void, undefined> {
  const { size, random, augment, dropLast = false } = options;
  if (!(Number.isInteger(size) && size > 0)) throw new Error(`Batch size ${size}`);
  const place = placements(augment, random);
  const order = random ? shuffled(split.rows.keys(), random) : [...split.rows.keys()];
  const levels = normalisedLevels(split.normalisation);
  for (let start = 0; start < order.length; start += size) {
    const positions = order.slice(start, start + size);
    if (dropLast && positions.length < size) return;
    yield readBatch(split, positions, levels, place);
  }
}

/** Batches in one pass: the same count as `batches` yields. */
export function batchCount(split: Split, { size, dropLast = false }: BatchOptions): number {
  return dropLast ? Math.floor(split.count / size) : Math.ceil(split.count / size);
}

interface Placement {
  readonly down: number;
  readonly right: number;
  readonly mirrored: boolean;
}

const reach: {
  readonly [A in Augmentation]: { readonly pixels: number; readonly mirrors: boolean };
} = {
  "crop-flip": { pixels: 4, mirrors: true },
  shift: { pixels: 2, mirrors: false },
};

function placements(
  augment: Augmentation | undefined,
  random: Random | undefined,
): () => Placement {
  if (!augment) return () => ({ down: 0, right: 0, mirrored: false });
  if (!random) throw new Error(`Augmentation "${augment}" needs a random generator`);
  const { pixels, mirrors } = reach[augment];
  const offset = () => random.below(2 * pixels + 1) - pixels;
  return () => ({
    down: offset(),
    right: offset(),
    mirrored: mirrors && random.uniform() < 0.5,
  });
}

/** Per channel the normalised value of each of the 256 byte values: [channels, 256]. */
function normalisedLevels({ mean, deviation }: Normalisation): Float32Array {
  const levels = new Float32Array(mean.length * 256);
  for (const [channel, centre] of mean.entries()) {
    const spread = deviation[channel] ?? 1;
    for (let byte = 0; byte < 256; byte++) {
      levels[channel * 256 + byte] = (byte / 255 - centre) / spread;
    }
  }
  return levels;
}

function readBatch(
  split: Split,
  positions: readonly number[],
  levels: Float32Array,
  place: () => Placement,
): Batch {
  const { height, width, channels } = split.image;
  const pixelsPerImage = height * width * channels;
  const x = new Float32Array(positions.length * pixelsPerImage);
  const { answers = 1, pixels } = split;
  const y = new Int32Array(positions.length * answers);
  for (const [slot, position] of positions.entries()) {
    const row = split.rows[position] ?? 0;
    const to = x.subarray(slot * pixelsPerImage, (slot + 1) * pixelsPerImage);
    const [start, end] = [row * pixelsPerImage, (row + 1) * pixelsPerImage];
    if (pixels instanceof Float32Array) to.set(pixels.subarray(start, end));
    else drawImage(pixels.subarray(start, end), to, split.image, levels, place());
    y.set(split.labels.subarray(position * answers, (position + 1) * answers), slot * answers);
  }
  return { x, y, count: positions.length };
}

/** Copies one image, moved and mirrored; what comes from outside is black (byte 0). */
function drawImage(
  from: Uint8Array,
  to: Float32Array,
  image: ImageShape,
  levels: Float32Array,
  placement: Placement,
): void {
  const { channels } = image;
  for (let pixel = 0; pixel < image.height * image.width; pixel++) {
    const source = sourcePixel(pixel, image, placement);
    for (let channel = 0; channel < channels; channel++) {
      const byte = source === undefined ? 0 : (from[source * channels + channel] ?? 0);
      to[pixel * channels + channel] = levels[channel * 256 + byte] ?? 0;
    }
  }
}

/** Which pixel of the stored image lands on `pixel`; undefined outside of it. */
function sourcePixel(
  pixel: number,
  { height, width }: ImageShape,
  { down, right, mirrored }: Placement,
): number | undefined {
  const shown = pixel % width;
  const row = (pixel - shown) / width - down;
  const column = (mirrored ? width - 1 - shown : shown) - right;
  const inside = row >= 0 && row < height && column >= 0 && column < width;
  return inside ? row * width + column : undefined;
}
