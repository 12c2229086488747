import { median } from "../../src/statistics.ts";
import { groupBy } from "../group-by.ts";

/** One value of a subject in a block: ln of a latency of a network. */
export interface BlockedValue {
  readonly subject: string;
  readonly block: string;
  readonly value: number;
}

const rounds = 20;
/** A block needs so many subjects that were seen in other blocks too, to have an effect of its own. */
const fewestSubjects = 4;

/**
 * What every block adds to all of its values: median polish (Tukey 1977) over subjects x blocks, robust to subjects that
 * feel a state of the machine more than others. Effects have the median 0; blocks with few subjects have none.
 */
export function blockEffects(values: readonly BlockedValue[]): ReadonlyMap<string, number> {
  const bySubject = groupBy(values, ({ subject }) => subject);
  const repeated = values.filter(({ subject }) => (bySubject.get(subject)?.length ?? 0) > 1);
  const byBlock = [...groupBy(repeated, ({ block }) => block)].filter(
    ([, members]) => members.length >= fewestSubjects,
  );
  const effects = new Map(byBlock.map(([block]) => [block, 0]));
  if (effects.size < 2) return new Map();
  const less = ({ block, value }: BlockedValue): number => value - (effects.get(block) ?? 0);
  for (let round = 0; round < rounds; round++) {
    const centres = new Map(
      [...bySubject].map(([subject, members]) => [subject, median(members.map(less))]),
    );
    for (const [block, members] of byBlock)
      effects.set(
        block,
        median(members.map(({ subject, value }) => value - (centres.get(subject) ?? 0))),
      );
    const shift = median([...effects.values()]);
    for (const [block, effect] of effects) effects.set(block, effect - shift);
  }
  return effects;
}
