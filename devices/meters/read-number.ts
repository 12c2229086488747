import type { Files } from "../files.ts";

/** What drivers write for "not known": the least 32-bit number. */
const unknownValue = -(2 ** 31);

/** A number that a file holds; undefined where it cannot be read, is none, or stands for "not known". */
export function readNumber(files: Files, path: string): number | undefined {
  const text = files.readText(path)?.trim();
  if (!text || !/^-?\d+$/.test(text)) return undefined;
  const value = Number(text);
  return value === unknownValue ? undefined : value;
}
