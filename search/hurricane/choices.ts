import type { Path } from "../../src/network/blocks/operator-space.ts";
import type { Random } from "../../src/random.ts";

/** Operators that every block may be filled by: one, or as many as any other block. */
export type Choices = readonly (readonly string[])[];

/** Paths that together take every choice of every block equally often. */
export function columnPaths(choices: Choices): readonly Path[] {
  const columns = Math.max(...choices.map((names) => names.length));
  return Array.from({ length: columns }, (_, column) =>
    choices.map((names) => names[column % names.length] ?? ""),
  );
}

/** A path with every choice of a block equally likely, whatever the other blocks have (Guo et al. 2020, section 3.2). */
export const drawPath = (choices: Choices, random: Random): Path =>
  choices.map((names) => names[random.below(names.length)] ?? "");
