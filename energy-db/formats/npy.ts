import type { SourceFile } from "./foreign-table.ts";
import { malformed } from "./source-text.ts";

/** An array as NumPy saves it, in the order of C. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** Numbers by their sign in a header, all little-endian. */
const readers: Readonly<
  Record<string, readonly [bytes: number, (view: DataView, at: number) => number]>
> = {
  "<i4": [4, (view, at) => view.getInt32(at, true)],
  "<i8": [8, (view, at) => Number(view.getBigInt64(at, true))],
  "<f4": [4, (view, at) => view.getFloat32(at, true)],
  "<f8": [8, (view, at) => view.getFloat64(at, true)],
};

export const isNpy = ({ bytes }: SourceFile): boolean =>
  magic.every((byte, i) => bytes[i] === byte);

/** An array of whole or real numbers (NumPy's format 1.0 to 3.0). Throws a UserError for other types, other orders and short files. */
export function readNpy(file: SourceFile): NpyArray {
  const { bytes } = file;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLong = (bytes[6] ?? 0) > 1;
  const start = isLong ? 12 : 10;
  if (!isNpy(file) || bytes.length < start) throw malformed(file, "its beginning", "a .npy file");
  const end = start + (isLong ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = new TextDecoder().decode(bytes.subarray(start, end));
  const [, descr = ""] = /'descr': *'([^']*)'/.exec(header) ?? [];
  const [, dimensions] = /'shape': *\(([\d, ]*)\)/.exec(header) ?? [];
  const [size, read] = readers[descr] ?? [];
  if (!size || !read || dimensions === undefined || /'fortran_order': *True/.test(header))
    throw malformed(file, header.trim(), "whole or real numbers in the order of C");
  const shape = dimensions.split(",").flatMap((text) => (text.trim() === "" ? [] : Number(text)));
  const count = shape.reduce((product, length) => product * length, 1);
  if (bytes.length - end !== count * size)
    throw malformed(file, `${bytes.length - end} bytes of numbers`, `${count} of ${size} bytes`);
  return { shape, values: Array.from({ length: count }, (_, i) => read(view, end + i * size)) };
}

/** Whole numbers as int64, others as float64. */
export function writeNpy({ shape, values }: NpyArray): Uint8Array {
  const isWhole = values.every(Number.isSafeInteger);
  const text = `{'descr': '${isWhole ? "<i8" : "<f8"}', 'fortran_order': False, 'shape': (${shape.join(", ")}${shape.length === 1 ? "," : ""}), }`;
  // Numbers begin at a multiple of 64 bytes.
  const header = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11);
  const bytes = new Uint8Array(10 + header.length + 1 + 8 * values.length);
  const view = new DataView(bytes.buffer);
  bytes.set([...magic, 1, 0]);
  view.setUint16(8, header.length + 1, true);
  bytes.set(new TextEncoder().encode(`${header}\n`), 10);
  for (const [i, value] of values.entries()) {
    const at = bytes.length - 8 * (values.length - i);
    if (isWhole) view.setBigInt64(at, BigInt(value), true);
    else view.setFloat64(at, value, true);
  }
  return bytes;
}
