/** Pixels row by row, channels innermost, 0 to 255. */
export interface DecodedImage {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly pixels: Uint8Array;
}

/**
 * The middle square of an image at `size` x `size` pixels of 3 channels. Every pixel is the mean of the area it covers, so that
 * nothing aliases when images shrink; grey is put into all three channels, transparency dropped.
 */
export function squareThumbnail(image: DecodedImage, size: number): Uint8Array {
  const side = Math.min(image.height, image.width);
  const rows = coverage(side, size, Math.floor((image.height - side) / 2));
  const columns = coverage(side, size, Math.floor((image.width - side) / 2));
  const perPixel = (size / side) ** 2;
  const thumbnail = new Uint8Array(size * size * 3);
  for (let i = 0; i < thumbnail.length; i++) {
    const row = rows[Math.floor(i / (3 * size))] ?? [];
    const column = columns[Math.floor(i / 3) % size] ?? [];
    thumbnail[i] = Math.round(perPixel * coveredSum(image, row, column, i % 3));
  }
  return thumbnail;
}

function coveredSum(
  { pixels, width, channels }: DecodedImage,
  row: readonly Covered[],
  column: readonly Covered[],
  channel: number,
): number {
  const own = channels < 3 ? 0 : channel;
  let sum = 0;
  for (const { at: y, share: shareY } of row)
    for (const { at: x, share: shareX } of column)
      sum += shareY * shareX * (pixels[(y * width + x) * channels + own] ?? 0);
  return sum;
}

interface Covered {
  /** A source pixel, and how much of it is covered, 0 to 1. */
  readonly at: number;
  readonly share: number;
}

/** Source pixels that each of `size` pixels covers, along one axis. */
function coverage(side: number, size: number, offset: number): readonly (readonly Covered[])[] {
  return Array.from({ length: size }, (_, i) => {
    const from = (i * side) / size;
    const to = ((i + 1) * side) / size;
    const first = Math.floor(from);
    const covered: Covered[] = [];
    for (let at = first; at < Math.min(side, Math.ceil(to)); at++)
      covered.push({ at: offset + at, share: Math.min(to, at + 1) - Math.max(from, at) });
    return covered;
  });
}
