import type { SearchContext } from "../method.ts";
import type { NamedNetwork } from "./finalists.ts";

export interface Confirmed {
  /** In the order given. All of them where none meets the budget, or where nobody can measure. */
  readonly networks: readonly NamedNetwork[];
  /** What measuring said, in words for the history; absent where it changed nothing. */
  readonly verdict?: string;
}

/**
 * Networks that meet the budget on the device and not only in the table: a search asks the table for its cheapest networks, so
 * errors of the table that flatter a network are found more often than others.
 */
export async function confirmed(
  networks: readonly NamedNetwork[],
  { confirm, onAnalysis }: Pick<SearchContext, "confirm" | "onAnalysis">,
): Promise<Confirmed> {
  if (!confirm) return { networks };
  onAnalysis?.(`measuring ${networks.length} networks on the device`);
  const measured = await confirm(networks.map(({ network }) => network));
  const meets = (i: number): boolean => measured[i]?.meetsBudget === true;
  const wordsOf = (places: readonly number[]): string =>
    places.map((i) => `${networks[i]?.label} ${measured[i]?.words}`).join(", ");
  const dear = [...networks.keys()].filter((i) => !meets(i));
  if (dear.length === 0) return { networks };
  if (dear.length === networks.length)
    return { networks, verdict: `no finalist meets the budget when measured: ${wordsOf(dear)}` };
  return {
    networks: networks.filter((_, i) => meets(i)),
    verdict: `too dear when measured: ${wordsOf(dear)}`,
  };
}
