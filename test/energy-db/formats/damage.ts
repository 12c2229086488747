import fc from "fast-check";
import type { SourceFile, TableFormat } from "../../../energy-db/formats/foreign-table.ts";
import { UserError } from "../../../src/errors.ts";

/** Files with bytes changed, parts left out or doubled, and the end cut off. */
export function damaged(whole: Uint8Array): fc.Arbitrary<SourceFile> {
  const place = fc.nat(Math.max(0, whole.length - 1));
  return fc
    .record({
      changed: fc.array(fc.tuple(place, fc.nat(255)), { maxLength: 6 }),
      moved: fc.array(fc.tuple(place, place, place), { maxLength: 2 }),
      end: fc.oneof(fc.constant(whole.length), fc.nat(whole.length)),
    })
    .map(({ changed, moved, end }) => {
      const bytes = Uint8Array.from(whole);
      for (const [at, value] of changed) bytes[at] = value;
      for (const [from, to, into] of moved) bytes.copyWithin(into, from, Math.max(from, to));
      return { name: "damaged", bytes: bytes.subarray(0, end) };
    });
}

/** Errors that are no sentence for a person go on. */
export async function readOrRefused(
  format: Pick<TableFormat, "recognises" | "read">,
  source: SourceFile,
): Promise<void> {
  format.recognises(source);
  try {
    await format.read(source);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
}
