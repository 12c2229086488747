import type { Network } from "../../src/network/network.ts";
import { atWidths, growingWidths } from "../group-widths.ts";
import type { Candidate, Move, SearchContext, TrainedCandidate } from "../method.ts";
import { budgetedQuantities, networkQuantities } from "../quantities.ts";
import { directionExamples } from "../splitting/find-directions.ts";
import { menusOf, type SplitRule } from "../splitting/menu.ts";
import { splitNetwork } from "../splitting/split-network.ts";
import { splitsFor } from "../splitting/split-options.ts";
import { bestOf, comparison } from "./compare.ts";
import { type GrowthNote, shareAfter } from "./growth-note.ts";
import { limitsAt, type Room, roomOf, shareBetween } from "./limits.ts";
import { growthProposals } from "./proposals.ts";

/** What growth is to know. */
export interface GrowthContext extends SearchContext {
  readonly rule: SplitRule;
}

/** The network a round starts from. */
interface RoundStart {
  readonly parent: TrainedCandidate;
  readonly note: GrowthNote;
  readonly round: number;
}

interface ProposedRound {
  readonly candidates: readonly Candidate[];
  readonly analysedExamples: number;
}

/** A step that uses less than this share of the room and adds less of the neurons is not worth its lookahead. */
const sliver = 0.05;

/** The candidates of the next step that adds more than a sliver; undefined where none does. */
export async function proposeGrowth(
  { parent, note, round }: RoundStart,
  context: GrowthContext,
): Promise<(ProposedRound & { readonly step: number }) | undefined> {
  const { network, training } = parent;
  if (note.step >= context.recipe.rounds) return undefined;
  const directions = await context.rule.findDirections(
    { network, weights: training.weights, round },
    context,
  );
  const menus = menusOf(directions, context.rule.menu);
  const room = roomOf(context);
  for (let step = note.step + 1; step <= context.recipe.rounds; step++) {
    const limits = limitsAt(shareAfter(step, context), room);
    const proposals = growthProposals({ network, menus, limits }, context).filter(({ widths }) =>
      isWorthARound(parent, widths, room, context),
    );
    if (proposals.length === 0) continue;
    const candidates: Candidate[] = [];
    for (const proposal of proposals) {
      context.onAnalysis?.(`splits for "${proposal.label}"`);
      const splits = splitsFor(network, proposal.widths, menus);
      const { record, ...split } = await splitNetwork(
        { network, training, directions, splits, round, ...proposal },
        context,
      );
      candidates.push({
        ...split,
        split: record,
        label: proposal.label,
        epochs: context.recipe.lookaheadEpochs,
        rate: "anneal",
      });
    }
    return { candidates, step, analysedExamples: directionExamples(context, directions) };
  }
  return undefined;
}

const isWorthARound = (
  parent: TrainedCandidate,
  widths: ReadonlyMap<string, number>,
  room: Room,
  context: SearchContext,
): boolean =>
  Math.max(spentShare(parent, widths, room, context), addedShare(parent.network, widths)) > sliver;

function addedShare(network: Network, widths: ReadonlyMap<string, number>): number {
  const present = growingWidths(network);
  const sum = (all: Iterable<number>) => [...all].reduce((total, width) => total + width, 0);
  return sum(new Map([...present, ...widths]).values()) / sum(present.values()) - 1;
}

function spentShare(
  { network }: TrainedCandidate,
  widths: ReadonlyMap<string, number>,
  room: Room,
  { costs, budget }: SearchContext,
): number {
  const [before, after] = [network, atWidths(network, widths)].map((one) =>
    networkQuantities(one, costs, budgetedQuantities(budget)),
  );
  return shareBetween(before ?? {}, after ?? {}, room);
}

/** Keeps the growth of least held-out loss. */
export function judgeLookahead(
  grown: readonly TrainedCandidate[],
): Required<Pick<Move, "keep" | "verdict">> {
  const keep = bestOf(grown);
  const best = grown[keep];
  if (!best) throw new Error("Nothing was proposed");
  const uniform = grown.find(({ label }) => label === "uniform") ?? best;
  return { keep, verdict: comparison(best, uniform) };
}
