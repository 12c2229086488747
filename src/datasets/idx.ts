import { UserError } from "../errors.ts";

/** An array of bytes with its shape, as an IDX file holds it. */
export interface ByteArray {
  readonly shape: readonly number[];
  readonly values: Uint8Array;
}

/** Type code of unsigned bytes, the third byte of the magic number (LeCun's MNIST page). */
const unsignedByte = 0x08;

/** Reads an IDX file of unsigned bytes with this many dimensions; anything else is a UserError naming `file`. */
export function parseIdx(bytes: Uint8Array, file: string, dimensions: number): ByteArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = 4 + 4 * dimensions;
  const magic = bytes.length >= 4 ? view.getUint32(0) : undefined;
  const expected = (unsignedByte << 8) | dimensions;
  if (magic !== expected) {
    throw brokenFile(file, `magic number ${magic ?? "missing"}, expected ${expected}`);
  }
  if (bytes.length < header) throw brokenFile(file, "header cut short");
  const shape = Array.from({ length: dimensions }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = shape.reduce((product, length) => product * length, 1);
  if (bytes.length - header !== size) {
    throw brokenFile(
      file,
      `${bytes.length - header} bytes, expected ${shape.join(" x ")} = ${size}`,
    );
  }
  return { shape, values: bytes.subarray(header) };
}

function brokenFile(file: string, reason: string): UserError {
  return new UserError(`${file} is not the IDX file it should be: ${reason}`, {
    hint: "Install the package or fetch the data set again",
  });
}
