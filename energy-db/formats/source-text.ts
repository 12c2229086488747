import { UserError } from "../../src/errors.ts";
import type { SourceFile } from "./foreign-table.ts";

const texts = new WeakMap<SourceFile, string>();

/** The file as UTF-8, decoded once, without a byte-order mark. */
export function textOf(file: SourceFile): string {
  const known = texts.get(file);
  if (known !== undefined) return known;
  const text = new TextDecoder().decode(file.bytes);
  texts.set(file, text);
  return text;
}

/** The first characters: enough to recognise a format by. */
export const headOf = (file: SourceFile, characters = 4096): string =>
  new TextDecoder().decode(file.bytes.subarray(0, characters));

const documents = new WeakMap<SourceFile, { readonly value: unknown }>();

/** The file as JSON, parsed once; undefined where it is none. */
export function jsonOf(file: SourceFile): unknown {
  const known = documents.get(file);
  if (known) return known.value;
  const value = /^\s*[[{]/.test(headOf(file, 64)) ? parseJson(textOf(file)) : undefined;
  documents.set(file, { value });
  return value;
}

/** Undefined where the text is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What is wrong with an entry of a file, for a person. */
export const malformed = (file: SourceFile, entry: string, expected: string): UserError =>
  new UserError(`${file.name}: ${short(entry)} is not what was expected: ${expected}`, {
    hint: "Check that the file is complete and of this format (--format), or repair the entry.",
    exit: "usage",
  });

const short = (text: string): string => (text.length > 120 ? `${text.slice(0, 117)}...` : text);

/** A finite number, also where the source wrote it as a string. */
export function numberOf(file: SourceFile, value: unknown, entry: string): number {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isFinite(number))
    throw malformed(file, `${entry} = ${JSON.stringify(value) ?? String(value)}`, "a number");
  return number;
}
