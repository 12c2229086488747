import type { BatchLog } from "./records.ts";

/** Seconds as little-endian float64, whatever the machine's own byte order. */
export function encodeSamples(samples_s: Float64Array): Buffer {
  const bytes = Buffer.alloc(samples_s.length * 8);
  for (const [i, sample] of samples_s.entries()) bytes.writeDoubleLE(sample, i * 8);
  return bytes;
}

export function decodeSamples(bytes: Buffer): Float64Array {
  return Float64Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleLE(i * 8));
}

function encodeCounts(counts: Uint32Array): Buffer {
  const bytes = Buffer.alloc(counts.length * 4);
  for (const [i, count] of counts.entries()) bytes.writeUInt32LE(count, i * 4);
  return bytes;
}

const decodeCounts = (bytes: Buffer): Uint32Array =>
  Uint32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32LE(i * 4));

/** A batch log as the columns of the batches table. */
export interface BatchColumns {
  readonly start_s: Buffer;
  readonly latency_s: Buffer;
  readonly runs: Buffer;
  readonly kind: Buffer;
  readonly slowdown: Buffer;
  readonly calm: Buffer;
}

export const encodeBatches = (batches: BatchLog): BatchColumns => ({
  start_s: encodeSamples(batches.start_s),
  latency_s: encodeSamples(batches.latency_s),
  runs: encodeCounts(batches.runs),
  kind: Buffer.from(batches.kind),
  slowdown: encodeSamples(batches.slowdown),
  calm: Buffer.from(batches.calm),
});

export const decodeBatches = (row: BatchColumns): BatchLog => ({
  start_s: decodeSamples(row.start_s),
  latency_s: decodeSamples(row.latency_s),
  runs: decodeCounts(row.runs),
  kind: Uint8Array.from(row.kind),
  slowdown: decodeSamples(row.slowdown),
  calm: Uint8Array.from(row.calm),
});
