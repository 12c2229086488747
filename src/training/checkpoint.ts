import { createHash } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { UserError } from "../errors.ts";

/** Named float arrays with a JSON note, in one file that is either whole or not there. */
export interface Checkpoint<Note> {
  readonly note: Note;
  readonly arrays: ReadonlyMap<string, Float32Array>;
}

const magic = "wattsplit-checkpoint-1";

/** Writes to a temporary neighbour and renames it: a kill leaves the old file or the new one. */
export function saveCheckpoint<Note>(path: string, { note, arrays }: Checkpoint<Note>): void {
  const body = Buffer.concat(
    [...arrays.values()].map((array) =>
      Buffer.from(array.buffer, array.byteOffset, array.byteLength),
    ),
  );
  const header = {
    magic,
    note,
    sizes: [...arrays].map(([name, { length }]) => [name, length]),
    sha256: createHash("sha256").update(body).digest("hex"),
  };
  const temporary = `${path}.tmp`;
  writeFileSync(temporary, Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), body]));
  renameSync(temporary, path);
}

/** Reads what `saveCheckpoint` wrote; the caller validates the note. */
export function loadCheckpoint(path: string): Checkpoint<unknown> {
  const file = readFileSync(path);
  const end = file.indexOf("\n");
  const header = parseHeader(file.subarray(0, Math.max(end, 0)).toString(), path);
  const body = file.subarray(end + 1);
  if (createHash("sha256").update(body).digest("hex") !== header.sha256) throw damaged(path);
  // Copied: the file's bytes after the header need not be aligned to 4.
  const floats = new Float32Array(Uint8Array.from(body).buffer);
  let offset = 0;
  const arrays = new Map(
    header.sizes.map(([name, length]) => {
      offset += length;
      return [name, floats.slice(offset - length, offset)];
    }),
  );
  return { note: header.note, arrays };
}

interface Header {
  readonly magic: string;
  readonly note: unknown;
  readonly sizes: readonly (readonly [string, number])[];
  readonly sha256: string;
}

function parseHeader(text: string, path: string): Header {
  try {
    // The magic word and the digest vouch for the rest of what saveCheckpoint wrote.
    const header = JSON.parse(text) as Header;
    if (header.magic === magic) return header;
  } catch (cause) {
    throw damaged(path, cause);
  }
  throw damaged(path);
}

const damaged = (path: string, cause?: unknown): UserError =>
  new UserError(`${path} is no whole wattsplit checkpoint`, {
    hint: "It was damaged or written by something else: delete it to start that round again.",
    cause,
  });
