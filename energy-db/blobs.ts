/** Seconds as little-endian float64, whatever the machine's own byte order. */
export function encodeSamples(samples_s: Float64Array): Buffer {
  const bytes = Buffer.alloc(samples_s.length * 8);
  for (const [i, sample] of samples_s.entries()) bytes.writeDoubleLE(sample, i * 8);
  return bytes;
}

export function decodeSamples(bytes: Buffer): Float64Array {
  return Float64Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleLE(i * 8));
}
