import { UserError } from "../errors.ts";

const block = 512;

/** Files of an uncompressed tar archive by their names: plain ustar entries, as npm packs them. */
export function tarFiles(archive: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let start = 0;
  while (start + block <= archive.length && archive[start] !== 0) {
    const name = textField(archive, start, 100);
    const size = Number.parseInt(textField(archive, start + 124, 12), 8);
    const end = start + block + size;
    if (!(size >= 0) || end > archive.length) {
      throw new UserError(`The archive is cut short at "${name}"`, { hint: "Download it again" });
    }
    const kind = archive[start + 156];
    if (kind === 0 || kind === 0x30) files.set(name, archive.subarray(start + block, end));
    start += block + Math.ceil(size / block) * block;
  }
  return files;
}

function textField(archive: Uint8Array, start: number, length: number): string {
  const field = archive.subarray(start, start + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end)).trim();
}
