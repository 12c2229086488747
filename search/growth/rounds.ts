import type { Network } from "../../src/network/network.ts";
import { atWidths, growingWidths, sameWidths, widthsOf } from "../group-widths.ts";
import type { Candidate, Move, SearchContext, TrainedCandidate } from "../method.ts";
import { budgetedQuantities, networkQuantities } from "../quantities.ts";
import { directionExamples } from "../splitting/find-directions.ts";
import { menusOf, type SplitRule } from "../splitting/menu.ts";
import { splitNetwork } from "../splitting/split-network.ts";
import { splitsFor } from "../splitting/split-options.ts";
import { type GrowthNote, shareAfter } from "./growth-note.ts";
import { limitsAt, type Room, roomOf, shareBetween } from "./limits.ts";
import { bestOf, comparison, learnt, type StageTrial } from "./lookahead.ts";
import { growthProposals, type Proposal, stageOfLabel } from "./proposals.ts";
import { promisingTrades, traded } from "./trades.ts";

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
    const { factors } = note;
    const proposals = growthProposals({ network, menus, factors, limits }, context).filter(
      ({ widths }) => isWorthARound(parent, widths, room, context),
    );
    if (proposals.length === 0) continue;
    const candidates = [staying(parent, context)];
    for (const proposal of proposals) {
      context.onAnalysis?.(`splits for "${proposal.label}"`);
      const splits = splitsFor(network, proposal.widths, menus);
      const { record, ...split } = await splitNetwork(
        { network, training, directions, splits, round, ...proposal },
        context,
      );
      candidates.push({
        ...short(context),
        ...split,
        ...promiseOf(proposal, note),
        split: record,
        label: proposal.label,
      });
    }
    return { candidates, step, analysedExamples: directionExamples(context) };
  }
  return undefined;
}

const short = ({ recipe }: SearchContext) =>
  ({ epochs: recipe.lookaheadEpochs, rate: "anneal" }) as const;

/** What the others are measured against: the network as it is, trained for as long. */
const staying = ({ network, training }: TrainedCandidate, context: SearchContext): Candidate => ({
  label: "stay",
  network,
  training,
  ...short(context),
});

/** Gains are falls of the loss only once their stages' factors are known. */
const promiseOf = ({ gain }: Proposal, { factors }: GrowthNote) =>
  gain > 0 && Object.keys(factors).length > 0 ? { promise: gain } : {};

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

/** Keeps the growth of least held-out loss and learns what growing each stage was worth. */
export function judgeLookahead(
  trained: readonly TrainedCandidate[],
  note: GrowthNote,
  context: SearchContext,
): Required<Pick<Move, "keep" | "verdict">> & { readonly note: GrowthNote } {
  const [stay, ...grown] = trained;
  if (!stay) throw new Error("There is nothing to hold the candidates against");
  const keep = 1 + bestOf(grown);
  const best = trained[keep];
  if (!best) throw new Error("Nothing was proposed");
  const uniform = grown.find(({ label }) => label === "uniform") ?? stay;
  const room = roomOf(context);
  const trials = grown.flatMap((candidate) => stageTrial(candidate, stay, note, room, context));
  return {
    keep,
    verdict: comparison(best, uniform),
    note: { ...note, ...learnt(note, trials) },
  };
}

/** What a candidate that grew one stage alone tells about it. */
function stageTrial(
  candidate: TrainedCandidate,
  stay: TrainedCandidate,
  { factors }: GrowthNote,
  room: Room,
  context: SearchContext,
): readonly StageTrial[] {
  const { label, split, network, validation } = candidate;
  const stage = stageOfLabel(label);
  if (stage === undefined || !split) return [];
  const widths = new Map(Object.entries(widthsOf(network)));
  return [
    {
      stage,
      gain: split.gain / (factors[stage] ?? 1),
      share: spentShare(stay, widths, room, context),
      fall: stay.validation.loss - validation.loss,
    },
  ];
}

/** Staying, and the stages' most promising trades; undefined where no trade can be made. */
export async function proposeTrades(
  { parent, note, round }: RoundStart,
  context: GrowthContext,
): Promise<ProposedRound | undefined> {
  const { network, training } = parent;
  const trades = promisingTrades(network, note.utilities);
  if (trades.length === 0) return undefined;
  const directions = await context.rule.findDirections(
    { network, weights: training.weights, round },
    context,
  );
  const menus = menusOf(directions, context.rule.menu);
  const candidates = [staying(parent, context)];
  for (const trade of trades) {
    const label = `${trade.from} gives to ${trade.to}`;
    context.onAnalysis?.(label);
    const found = await traded(trade, { network, training, directions, menus, round }, context);
    if (found && !candidates.some((earlier) => sameWidths(earlier.network, found.network)))
      candidates.push({ ...found, ...short(context), label });
  }
  if (candidates.length === 1) return undefined;
  return { candidates, analysedExamples: directionExamples(context) };
}
