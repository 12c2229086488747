import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { UserError } from "../errors.ts";

/** Reads a file of a data set; where it is missing, `missing` says what to do. */
export async function readDataFile(file: string, missing: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new UserError(`Cannot read ${file}`, { hint: missing, exit: "usage", cause });
  }
}

/** Throws a UserError unless these are the bytes that were published. */
export function requireMd5(bytes: Uint8Array, md5: string, file: string): void {
  const found = createHash("md5").update(bytes).digest("hex");
  if (found === md5) return;
  throw new UserError(`${file} has MD5 ${found}, the published file has ${md5}`, {
    hint: "It is damaged or another file: take it from its source again.",
  });
}
