import type { Confirmation, SearchContext } from "../method.ts";
import type { NamedNetwork } from "./finalists.ts";

export interface Confirmed {
  /** In the order given. All of them where nobody can measure. */
  readonly networks: readonly NamedNetwork[];
  /** What measuring said, in words for the history; absent where nobody measured. */
  readonly verdict?: string;
}

interface Measured {
  readonly named: NamedNetwork;
  readonly confirmation: Confirmation;
}

/**
 * Networks that meet the budget on the device and not only in the table: a search asks the table for its cheapest networks, so
 * errors of the table that flatter a network are found more often than others. Measuring errs too, and what is delivered will be
 * measured again, so the whole interval has to lie within the budget; where none does, those that may meet it stay, and where
 * none may, the one that misses it least.
 */
export async function confirmed(
  networks: readonly NamedNetwork[],
  { confirm, onAnalysis }: Pick<SearchContext, "confirm" | "onAnalysis">,
): Promise<Confirmed> {
  if (!confirm) return { networks };
  onAnalysis?.(`measuring ${networks.length} networks on the device`);
  const confirmations = await confirm(networks.map(({ network }) => network));
  const measured = networks.flatMap((named, i): readonly Measured[] => {
    const confirmation = confirmations[i];
    return confirmation ? [{ named, confirmation }] : [];
  });
  const surely = measured.filter(({ confirmation }) => confirmation.ofBudgetAtMost <= 1);
  const perhaps = measured.filter(({ confirmation }) => confirmation.ofBudget <= 1);
  if (surely.length > 0) {
    const dear = measured.filter((one) => !surely.includes(one));
    return kept(surely, [
      `within the budget when measured: ${wordsOf(surely)}`,
      ...(dear.length > 0 ? [`too dear when measured: ${wordsOf(dear)}`] : []),
    ]);
  }
  if (perhaps.length > 0)
    return kept(perhaps, [
      `no finalist surely meets the budget when measured: ${wordsOf(measured)}`,
    ]);
  const [least] = measured.toSorted((a, b) => a.confirmation.ofBudget - b.confirmation.ofBudget);
  return kept(least ? [least] : [], [
    `no finalist meets the budget when measured: ${wordsOf(measured)}`,
  ]);
}

const kept = (members: readonly Measured[], said: readonly string[]): Confirmed => ({
  networks: members.map(({ named }) => named),
  verdict: said.join("; "),
});

const wordsOf = (members: readonly Measured[]): string =>
  members.map(({ named, confirmation }) => `${named.label} ${confirmation.words}`).join(", ");
